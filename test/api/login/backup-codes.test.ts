import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import {
  beginLogin,
  CHALLENGE_EXPIRED,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  finishLogin,
  isWaiting,
  REGENERATE_BACKUP_CODES,
  refusalOf,
  VERIFY_BACKUP_CODE,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, REFRESH, type SignedInUser, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const protectedUser = async (making: Promise<SignedInUser> = createUser(app)) => {
  const alice = await making;
  const enabled = await enableTotp(app, alice);
  waitForNewCode(app);
  return { ...alice, ...enabled };
};

const begin = async (actor: SignedInUser): Promise<string> => (await beginLogin(app.client(), actor)).challenge;

const logInBy = async (actor: SignedInUser, code: string): Promise<UntypedData> =>
  finishLogin(app.client(), VERIFY_BACKUP_CODE, { challenge: await begin(actor), code });

const expectRefused = async (actor: SignedInUser, code: string): Promise<void> => {
  const challenge = await begin(actor);
  const attempt = () => app.client().refused(VERIFY_BACKUP_CODE, { input: { challenge, code } });
  expect(await refusalOf(app, actor, attempt)).toMatchObject({
    code: "INVALID_CODE",
    attemptsLeft: expect.any(Number),
  });
  expect(await isWaiting(app, { challenge })).toBe(true);
};

const left = async ({ client }: SignedInUser): Promise<number> => {
  const { me } = await client.ask("{ me { mfa { backupCodesLeft } } }");
  return me.mfa.backupCodesLeft;
};

describe("backup codes", () => {
  it("are ten; each opens one session that rests on it, and each use is mailed and recorded in the history", async () => {
    const alice = await protectedUser(signUp(app));
    expect(new Set(alice.backupCodes).size).toBe(10);
    for (const code of alice.backupCodes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);

    for (const [used, code] of alice.backupCodes.entries()) {
      expect(await logInBy(alice, code)).toMatchObject({
        session: { authenticatedWith: ["PASSWORD", "BACKUP_CODE"] },
        mfaRecommended: false,
      });
      expect(await left(alice)).toBe(9 - used);
      const mail = await app.mail.waitForMail({ to: alice.email, subject: "A backup code was used" });
      expect(mail.text).toMatch(
        [/You have no backup codes left/, /You have one backup code left/][9 - used] ??
          `You have ${9 - used} backup codes left.`,
      );
      expect(mail.text).not.toContain(code);
    }
    const { securityEvents } = await alice.client.ask(
      "{ securityEvents(filter: { types: [BACKUP_CODE_USED, MFA_VERIFY_SUCCESS] }, first: 100) { nodes { type ... on BackupCodeUsedEvent { backupCodesLeft } ... on MfaVerifySuccessEvent { method backupCodesLeft } } } }",
    );
    const ofType = (wanted: string): UntypedData[] =>
      securityEvents.nodes.filter(({ type }: UntypedData) => type === wanted);
    const codesLeft = ofType("BACKUP_CODE_USED").map(({ backupCodesLeft }) => backupCodesLeft);
    expect(codesLeft).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(ofType("MFA_VERIFY_SUCCESS")[0]).toMatchObject({ method: "BACKUP_CODE", backupCodesLeft: 0 });
    // After the last one, they are no longer offered.
    expect(await beginLogin(app.client(), alice)).toMatchObject({ factors: ["TOTP"] });
  });

  it("can be used once", async () => {
    const alice = await protectedUser();
    const [code = "", another = ""] = alice.backupCodes;
    await logInBy(alice, code);
    await expectRefused(alice, code);
    expect(await left(alice)).toBe(9);
    await logInBy(alice, another);
  });

  it("are accepted in any case, with or without hyphens and spaces, and with similar letters instead of digits", async () => {
    const alice = await protectedUser();
    const [a = "", b = "", c = "", d = ""] = alice.backupCodes;
    const spellings = [
      a.toLowerCase(),
      b.replace("-", ""),
      ` ${c.slice(0, 3)} ${c.slice(3).replace("-", " – ")}\n`,
      d.replaceAll("0", "o").replaceAll("1", "l"),
    ];
    for (const spelling of spellings) await logInBy(alice, spelling);
    expect(await left(alice)).toBe(6);
  });

  it("are valid for their owner only", async () => {
    const [alice, mallory] = [await protectedUser(), await protectedUser()];
    const [code = ""] = mallory.backupCodes;
    await expectRefused(alice, code);
    expect(await left(mallory)).toBe(10);
    await logInBy(mallory, code);
  });

  it("are not valid until the app they were shown with is confirmed", async () => {
    const alice = await protectedUser();
    const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
    await expectRefused(alice, present(shown.backupCodes[0]));
    await logInBy(alice, alice.backupCodes[0] ?? "");
  });
});

describe("new backup codes", () => {
  it("make the old ones void, used or not, and pending logins must start again", async () => {
    const alice = await protectedUser();
    const [old = ""] = alice.backupCodes;
    const pending = await begin(alice);
    const { regenerateBackupCodes } = await alice.client.ask(REGENERATE_BACKUP_CODES);
    const [fresh = ""] = regenerateBackupCodes.backupCodes;
    expect(new Set([...regenerateBackupCodes.backupCodes, ...alice.backupCodes]).size).toBe(20);

    const finish = () => app.client().refused(VERIFY_BACKUP_CODE, { input: { challenge: pending, code: fresh } });
    expect(await refusalOf(app, alice, finish)).toMatchObject(CHALLENGE_EXPIRED);
    await expectRefused(alice, old);
    await logInBy(alice, fresh);
    expect(await left(alice)).toBe(9);
    const changed = { to: alice.email, subject: "The protection of your account was changed" };
    const mails = [await app.mail.waitForMail(changed), await app.mail.waitForMail(changed)];
    expect(mails.map(({ text }) => text)).toContainEqual(expect.stringContaining("there are new backup codes"));
  });

  it("need a step-up within the last ten minutes", async () => {
    const alice = await protectedUser();
    app.clock.advance(10 * MINUTE);
    alice.client.accessToken = (
      await alice.client.ask(REFRESH, { token: alice.client.refreshToken })
    ).refreshToken.tokens.accessToken;
    const refusal = await refusalOf(app, alice, () => alice.client.refused(REGENERATE_BACKUP_CODES));
    expect(refusal).toMatchObject({ code: "REAUTHENTICATION_REQUIRED", status: 403 });
    await elevate(alice.client, { totpCode: alice.authenticator.code(app.clock.now()) });
    expect((await alice.client.ask(REGENERATE_BACKUP_CODES)).regenerateBackupCodes.backupCodes).toHaveLength(10);
  });

  it("are refused to users without a second factor, and the old ones are deleted with it", async () => {
    const alice = await protectedUser();
    const [old = ""] = alice.backupCodes;
    await alice.client.ask(DISABLE_TOTP);
    const refusal = await refusalOf(app, alice, () => alice.client.refused(REGENERATE_BACKUP_CODES));
    expect(refusal).toMatchObject({ code: "BAD_REQUEST" });
    expect(await beginLogin(app.client(), alice)).toMatchObject({ __typename: "LoginSuccess" });

    await enableTotp(app, alice);
    await expectRefused(alice, old);
    expect(await left(alice)).toBe(10);
  });
});
