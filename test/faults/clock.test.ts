import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { endedSessions } from "../support/factories/session-ends.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import {
  LOGIN,
  logIn,
  newAddress,
  newPassword,
  type SignedInUser,
  signUp,
  tokenIn,
} from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const ME = "{ me { id } }";
const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { refreshToken } } }";
const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const SET_PASSWORD = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("a clock that jumps", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  let jumped = 0;
  const jump = (milliseconds: number): void => {
    app.clock.advance(milliseconds);
    jumped += milliseconds;
  };
  afterEach(() => jump(-jumped));

  const isDead = async ({ client }: Pick<SignedInUser, "client">): Promise<void> => {
    expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await app.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  };

  it("ahead and back: a session swept as expired stays ended", async () => {
    const bob = await createMember(app, await createTenant(app));
    jump(8 * DAY);
    await app.app.sessionSweeps.sweep();
    jump(-8 * DAY);
    await isDead(bob);
  });

  it("ahead and back: a session that seemed expired does not survive a password change", async () => {
    const bob = await createMember(app, await createTenant(app));
    jump(8 * DAY);
    const laptop = app.client();
    await logIn(laptop, bob.email, bob.password);
    const input = { currentPassword: bob.password, newPassword: newPassword(), logout: "ALL" };
    // A session that had expired is not counted as ended now.
    expect(await laptop.ask(CHANGE_PASSWORD, { input })).toEqual({
      changePassword: { endedSessions: endedSessions(1) },
    });
    jump(-8 * DAY);
    await isDead(bob);
  });

  it("back: an ended session stays ended", async () => {
    const bob = await createMember(app, await createTenant(app));
    await bob.client.ask("mutation { logout { endedSessionId } }");
    jump(-HOUR);
    await isDead(bob);
    jump(2 * HOUR);
    await isDead(bob);
  });

  it("back: a used link stays used", async () => {
    const alice = await signUp(app);
    await app.client({ "x-forwarded-for": newAddress() }).ask(RESET, { email: alice.email });
    const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /reset|password/i }));
    await app.client().ask(SET_PASSWORD, { input: { token, newPassword: newPassword() } });
    jump(-HOUR / 2);
    expect(await app.client().refused(SET_PASSWORD, { input: { token, newPassword: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  it("back: a lockout stays in force", async () => {
    const bob = await createMember(app, await createTenant(app));
    const client = app.client({ "x-forwarded-for": newAddress() });
    for (let n = 0; n < 5; n++)
      await client.refused(LOGIN, { input: { identifier: bob.email, password: "not the password" } });
    jump(-HOUR);
    expect(await client.refused(LOGIN, { input: { identifier: bob.email, password: bob.password } })).toMatchObject({
      code: "RATE_LIMITED",
    });
  });
});
