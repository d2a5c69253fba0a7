import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signUp } from "../../support/actors.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import { beginLogin, enableTotp, LOGIN_RESULT, VERIFY_TOTP, waitForNewCode } from "../../support/factors.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.stop());

describe("a login with TOTP", () => {
  it("goes through password and code to a session that rests on both", async () => {
    const alice = await signUp(app);
    const { authenticator } = await enableTotp(app, alice);
    waitForNewCode(app);
    const client = app.client();
    const step = await beginLogin(client, alice);
    expect(step).toMatchObject({ __typename: "SecondFactorRequired", factors: ["TOTP", "BACKUP_CODE"], reason: "SECOND_FACTOR_ENABLED" });
    const { verifyTotp } = await client.ask(VERIFY_TOTP, { input: { challenge: step.challenge, code: authenticator.code(app.clock.now()) } });
    expect(verifyTotp).toMatchObject({ __typename: "LoginSuccess", session: { authenticatedWith: ["PASSWORD", "TOTP"] } });
  });
});
