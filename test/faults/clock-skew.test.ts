import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthenticatorApp, CONFIRM_TOTP, ENABLE_TOTP, LOGIN_STEP, VERIFY_TOTP } from "../support/clients/factors.ts";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import {
  LOGIN,
  logIn,
  newAddress,
  newPassword,
  REFRESH,
  resetPassword,
  signUp,
  tokenIn,
} from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { WAIT } from "../support/timeouts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ME = "{ me { id } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const SET_PASSWORD = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";

describe("two replicas whose clocks differ by ten minutes, five in either direction from the database's", () => {
  let ahead: TestApp;
  let behind: TestApp;
  beforeAll(async () => {
    ahead = await startTestApp({ clockSkew: 5 * MINUTE });
    behind = await startTestApp({ replicaOf: ahead, clockSkew: -5 * MINUTE });
  });
  afterAll(async () => {
    await behind.stop();
    await ahead.stop();
  });

  const onBoth = async (work: (app: TestApp) => Promise<void>): Promise<void> => {
    await Promise.all([ahead, behind].map(work));
  };

  const seenFrom = (app: TestApp, { accessToken }: GraphQLClient): GraphQLClient => {
    const client = app.client();
    client.accessToken = accessToken;
    return client;
  };

  it("agree on the time", async () => {
    for (const { app, clock } of [ahead, behind])
      expect(Math.abs(app.clock.now().getTime() - clock.now().getTime())).toBeLessThan(MINUTE);
  });

  it.each(["ahead", "behind"])(
    "give the same successor for a token that was rotated on the one that is %s",
    async (first) => {
      const { client } = await signUp(ahead);
      const replicas = first === "ahead" ? [ahead, behind, ahead] : [behind, ahead, behind];
      for (let round = 0; round < 3; round++) {
        const token = client.refreshToken;
        const successors = [];
        for (const app of replicas)
          successors.push((await app.client().ask(REFRESH, { token })).refreshToken.tokens.refreshToken);
        expect(new Set(successors).size).toBe(1);
        client.refreshToken = successors[0] ?? null;
      }
    },
  );

  it("accept each other's access tokens, until both refuse them", async () => {
    for (const app of [ahead, behind]) {
      const { client } = await signUp(app);
      await onBoth(async (other) => void (await seenFrom(other, client).ask(ME)));
      ahead.clock.advance(14 * MINUTE);
      await onBoth(async (other) => void (await seenFrom(other, client).ask(ME)));
      ahead.clock.advance(2 * MINUTE);
      await onBoth(async (other) =>
        expect(await seenFrom(other, client).refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" }),
      );
    }
  });

  it("expire a session at the same time", async () => {
    const { client } = await signUp(ahead);
    ahead.clock.advance(7 * DAY + MINUTE);
    await onBoth(async (app) =>
      expect(await app.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      }),
    );
    const { client: later } = await signUp(behind);
    ahead.clock.advance(7 * DAY - MINUTE);
    await onBoth(async (app) => void (await app.client().ask(REFRESH, { token: later.refreshToken })));
  });

  it("give a mailed link the same lifetime, whichever created it and whichever receives it", async () => {
    for (const [maker, other] of [
      [ahead, behind],
      [behind, ahead],
    ] as const) {
      const alice = await signUp(maker);
      const link = async () => {
        const since = ahead.mail.all().length;
        await maker.client({ "x-forwarded-for": newAddress() }).ask(RESET, { email: alice.email });
        await expect.poll(() => ahead.mail.all().length, WAIT).toBeGreaterThan(since);
        return tokenIn(await ahead.mail.waitForMail({ to: alice.email, subject: "Choose a new password" }));
      };
      const token = await link();
      ahead.clock.advance(59 * MINUTE);
      await other.client().ask(SET_PASSWORD, { input: { token, newPassword: newPassword() } });
      // A link used on one replica is used on both.
      for (const app of [maker, other])
        expect(
          await app.client().refused(SET_PASSWORD, { input: { token, newPassword: newPassword() } }),
        ).toMatchObject({ code: "INVALID_TOKEN" });
      ahead.clock.advance(HOUR);
    }
  });

  it("accept the code that an authenticator app shows, each code once", async () => {
    const alice = await signUp(ahead);
    const { enableTotp } = await alice.client.ask(ENABLE_TOTP);
    const phone = new AuthenticatorApp(enableTotp.secret);
    await alice.client.ask(CONFIRM_TOTP, { code: phone.code(ahead.clock.now()) });
    const enter = async (app: TestApp, code: string) => {
      const client = app.client();
      const { login } = await client.ask(LOGIN_STEP, { input: { identifier: alice.email, password: alice.password } });
      return client.send(VERIFY_TOTP, { input: { challenge: login.challenge, code } });
    };
    for (const [first, second] of [
      [ahead, behind],
      [behind, ahead],
    ] as const) {
      ahead.clock.advance(MINUTE);
      const code = phone.code(ahead.clock.now());
      expect((await enter(first, code)).errors).toEqual([]);
      expect((await enter(second, code)).errors).toMatchObject([{ extensions: { code: "INVALID_CODE" } }]);
    }
  });

  it("lock and unlock a pair of identifier and address at the same time", async () => {
    const alice = await signUp(ahead);
    const address = newAddress();
    const guess = (app: TestApp, password: string) =>
      app.client({ "x-forwarded-for": address }).send(LOGIN, { input: { identifier: alice.email, password } });
    for (let n = 0; n < 5; n++) await guess(behind, "not the password");
    for (const app of [ahead, behind])
      expect((await guess(app, alice.password)).errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    ahead.clock.advance(14 * MINUTE);
    for (const app of [ahead, behind])
      expect((await guess(app, alice.password)).errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    ahead.clock.advance(2 * MINUTE);
    for (const app of [ahead, behind]) expect((await guess(app, alice.password)).errors).toEqual([]);
  });

  it("keep a session ended that the other replica ended", async () => {
    const alice = await signUp(ahead);
    const phone = behind.client();
    await logIn(phone, alice.email, alice.password);
    await resetPassword(ahead, alice, newPassword());
    for (const client of [alice.client, phone])
      await onBoth(async (app) =>
        expect(await seenFrom(app, client).refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" }),
      );
  });
});
