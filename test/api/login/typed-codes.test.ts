import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AuthenticatorApp,
  beginLogin,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  enableTotp,
  finishLogin,
  isWaiting,
  REAUTHENTICATE,
  refusalOf,
  VERIFY_BACKUP_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import { createUser } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const inDigitsFrom = (zero: number, code: string): string =>
  code.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** The ways in which keyboards and copied text write the same code. */
const WAYS: readonly (readonly [string, (code: string) => string])[] = [
  ["in Arabic-Indic digits", (code) => inDigitsFrom(0x660, code)],
  ["in Persian digits", (code) => inDigitsFrom(0x6f0, code)],
  ["in full-width digits", (code) => inDigitsFrom(0xff10, code)],
  ["in Devanagari digits", (code) => inDigitsFrom(0x966, code)],
  ["with a dash", (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ["with a long dash", (code) => `${code.slice(0, 3)}—${code.slice(3)}`],
  ["with spaces", (code) => ` ${code.slice(0, 3)}\u00a0${code.slice(3)}\n`],
  ["between direction marks", (code) => `\u200f${code}\u200e`],
  ["in an isolate", (code) => `\u2067${code}\u2069`],
];

const protectedUser = async () => {
  const alice = await createUser(app);
  const enabled = await enableTotp(app, alice);
  waitForNewCode(app);
  return { ...alice, ...enabled };
};

const failuresOf = async ({ client }: SignedInUser): Promise<number> => {
  const { securityEvents } = await client.ask("{ securityEvents { nodes { type } } }");
  return securityEvents.nodes.filter(({ type }: { type: string }) => type === "MFA_VERIFY_FAILED").length;
};

describe("a right code", () => {
  it.each(WAYS)("of an app is accepted %s", async (_way, write) => {
    const alice = await protectedUser();
    const { challenge } = await beginLogin(app.client(), alice);
    const code = write(alice.authenticator.code(app.clock.now()));
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code });
  });

  it.each(WAYS)("that is a backup code is accepted %s", async (_way, write) => {
    const alice = await protectedUser();
    const { challenge } = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_BACKUP_CODE, { challenge, code: write(alice.backupCodes[0] ?? "") });
  });

  it("turns an app on, and steps up, in other digits", async () => {
    const alice = await createUser(app);
    const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
    const authenticator = new AuthenticatorApp(shown.secret);
    await alice.client.ask(CONFIRM_TOTP, { code: inDigitsFrom(0x6f0, authenticator.code(app.clock.now())) });
    waitForNewCode(app);
    const totpCode = inDigitsFrom(0x660, authenticator.code(app.clock.now()));
    const { reauthenticate } = await alice.client.ask(REAUTHENTICATE, { input: { totpCode } });
    expect(reauthenticate.session.authenticatedWith).toContain("TOTP");
  });
});

describe("a malformed code is not a wrong guess", () => {
  it.each(["", "12345", "1234567", "12a456", "not six digits", "12.3456"])("at a login: %j", async (code) => {
    const alice = await protectedUser();
    const { challenge } = await beginLogin(app.client(), alice);
    for (const operation of [VERIFY_TOTP, VERIFY_BACKUP_CODE])
      for (let time = 1; time <= 6; time++) {
        const attempt = () => app.client().refused(operation, { input: { challenge, code } });
        expect(await refusalOf(app, alice, attempt)).toMatchObject({
          code: "BAD_USER_INPUT",
          fields: [{ path: "input.code" }],
        });
      }
    expect(await failuresOf(alice)).toBe(0);
    expect(await isWaiting(app, { challenge })).toBe(true);
    // All five attempts are left.
    const wrong = alice.authenticator.wrongCode(app.clock.now());
    expect(await app.client().refused(VERIFY_TOTP, { input: { challenge, code: wrong } })).toMatchObject({
      code: "INVALID_CODE",
      attemptsLeft: 4,
    });
  });

  it("when confirming an app, and for a step-up", async () => {
    const alice = await protectedUser();
    await alice.client.ask(ENABLE_TOTP);
    for (const [operation, variables, path] of [
      [CONFIRM_TOTP, { code: "a1b2c3" }, "input.code"],
      [REAUTHENTICATE, { input: { totpCode: "a1b2c3" } }, "input.totpCode"],
      [REAUTHENTICATE, { input: { emailCode: "a1b2c3" } }, "input.emailCode"],
    ] as const) {
      const refusal = await refusalOf(app, alice, () => alice.client.refused(operation, variables));
      expect(refusal).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path }] });
    }
    expect(await failuresOf(alice)).toBe(0);
  });
});
