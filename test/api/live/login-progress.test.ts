import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { HOUR, MINUTE } from "#shared/durations";
import { beginLogin } from "../../support/clients/factors.ts";
import { connect, eventually, type Followed, type LiveClient, LOGIN_PROGRESS } from "../../support/clients/live.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newAddress, newPassword, resetPassword, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
const opened: LiveClient[] = [];

beforeAll(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.stop()));
});
afterAll(() => app.stop());

const statusesOf = ({ results }: Followed): string[] => results.map(({ data }) => data.loginProgressed.status);

/** A login that waits for its user's confirmation, followed by an anonymous client. */
const waitingLogin = async () => {
  const alice: SignedInUser = await signedUp();
  const device = app.client({ "x-forwarded-for": newAddress() });
  const { challenge, number } = await beginLogin(device, alice);
  const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /^Was that you/ }));
  const live = await connect(app, null);
  opened.push(live);
  const followed = live.subscribe(LOGIN_PROGRESS, { challenge });
  await eventually(() => followed.results.length === 1, "the present state");
  expect(statusesOf(followed)).toEqual(["WAITING"]);
  return { alice, device, challenge, number, token, live, followed };
};

const signedUp = async (): Promise<SignedInUser> => {
  const tenant = await createTenant(app);
  const actor = await createMember(app, tenant);
  await app.app.db.update(tenants).set({ confirmLoginAtRisk: 0 }).where(eq(tenants.id, tenant.id));
  return actor;
};

const confirm = (token: string, number: string) =>
  app.client().ask("mutation ($input: ConfirmLoginInput!) { confirmLogin(input: $input) { __typename } }", {
    input: { token, number },
  });

const deny = (token: string) =>
  app.client().ask("mutation ($input: DenyLoginInput!) { denyLogin(input: $input) { __typename } }", {
    input: { token },
  });

describe("loginProgressed", () => {
  it("reports the confirmation, then that the login is over, and completes", async () => {
    const { device, challenge, number, token, followed, live } = await waitingLogin();
    await confirm(token, number);
    await eventually(() => followed.results.length === 2, "the confirmation");
    await device.ask("mutation ($c: String!) { resumeLogin(input: { challenge: $c }) { __typename } }", {
      c: challenge,
    });
    await eventually(() => followed.completed, "the end");
    expect(statusesOf(followed)).toEqual(["WAITING", "CONFIRMED", "EXPIRED"]);
    expect(live.closed).toBeNull();
  });

  it("reports the denial, and completes", async () => {
    const { token, followed } = await waitingLogin();
    await deny(token);
    await eventually(() => followed.completed, "the end");
    expect(statusesOf(followed)).toEqual(["WAITING", "DENIED"]);
  });

  it("reports the expiry, by the clock alone", async () => {
    const { followed } = await waitingLogin();
    app.clock.advance(HOUR + MINUTE);
    await eventually(() => followed.completed, "the end");
    expect(statusesOf(followed)).toEqual(["WAITING", "EXPIRED"]);
  });

  it("reports EXPIRED if the account changes in the meantime", async () => {
    const { alice, followed } = await waitingLogin();
    await resetPassword(app, alice, newPassword());
    await eventually(() => followed.completed, "the end");
    expect(statusesOf(followed)).toEqual(["WAITING", "EXPIRED"]);
  });

  it("reports within seconds a change that was not published", async () => {
    const { challenge, followed } = await waitingLogin();
    const id = app.app.challenges.idOf(challenge);
    await app.app.db.execute(`update login_challenges set confirmed_at = now() where id = '${id}'`);
    await eventually(() => followed.results.length === 2, "the confirmation");
    expect(statusesOf(followed)).toEqual(["WAITING", "CONFIRMED"]);
  });

  it("reports the outcome to a late subscriber, and refuses anything that is not a challenge", async () => {
    const { alice, challenge, token } = await waitingLogin();
    await deny(token);
    const live = await connect(app, null);
    opened.push(live);
    const late = live.subscribe(LOGIN_PROGRESS, { challenge });
    await eventually(() => late.completed, "the end");
    expect(statusesOf(late)).toEqual(["DENIED"]);
    for (const other of ["x", `${challenge}x`, token, alice.client.accessToken]) {
      const refused = live.subscribe(LOGIN_PROGRESS, { challenge: other });
      await eventually(() => refused.completed, "the refusal");
      expect(refused.results).toMatchObject([{ errors: [{ extensions: { code: "INVALID_TOKEN" } }] }]);
    }
  });

  it("does not report another login", async () => {
    const [one, other] = [await waitingLogin(), await waitingLogin()];
    await deny(one.token);
    await eventually(() => one.followed.completed);
    expect(statusesOf(other.followed)).toEqual(["WAITING"]);
  });
});
