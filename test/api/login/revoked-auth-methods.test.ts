import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  logInByTotp,
  REAUTHENTICATE,
  REGENERATE_BACKUP_CODES,
  refusalOf,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { DELETE_PASSKEY, FINISH_REGISTRATION, passkeysOf, START_REGISTRATION } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, logIn, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const REQUIRED = { code: "REAUTHENTICATION_REQUIRED", status: 403 };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

const addPasskey = (actor: SignedInUser): Promise<UntypedData> => {
  const device = new SoftwareAuthenticator();
  return passkeysOf(app).enrol(actor, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
};

/** An attacker who knows the password, on a session that has just been elevated. */
const thiefOf = async ({ email, password }: SignedInUser): Promise<SignedInUser> => {
  const client = app.client();
  const { user, session } = await logIn(client, email, password);
  await elevate(client, { password });
  return { id: user.id, email, password, client, sessionId: session.id };
};

describe("what an attacker began with a password, before the owner turned the first factor on", () => {
  it("cannot become an authenticator app of the attacker afterwards", async () => {
    const alice = await createUser(app);
    const thief = await thiefOf(alice);
    const { secret } = (await thief.client.ask(ENABLE_TOTP)).enableTotp;
    await addPasskey(alice);

    const code = new AuthenticatorApp(secret).code(app.clock.now());
    const refusal = await refusalOf(app, alice, () => thief.client.refused(CONFIRM_TOTP, { code }));
    expect(refusal).toMatchObject(REQUIRED);
  });

  it("cannot become a passkey of the attacker afterwards", async () => {
    const alice = await createUser(app);
    const thief = await thiefOf(alice);
    const device = new SoftwareAuthenticator();
    const input = await passkeysOf(app).make(thief, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    await enableTotp(app, alice);

    const refusal = await refusalOf(app, alice, () => thief.client.refused(FINISH_REGISTRATION, { input }));
    expect(refusal).toMatchObject(REQUIRED);
  });

  it("while what the owner began can still be finished", async () => {
    const alice = await createUser(app);
    app.clock.advance(9 * MINUTE);
    const device = new SoftwareAuthenticator();
    const input = await passkeysOf(app).make(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    app.clock.advance(4 * MINUTE);
    await alice.client.ask(FINISH_REGISTRATION, { input });
  });
});

describe("a session that loses a proof", () => {
  it("also loses its elevation: with a replaced app it can no longer change factors", async () => {
    const alice = await createUser(app);
    const { authenticator: stolen } = await enableTotp(app, alice);
    const { client: thief } = await logInByTotp(app, alice, stolen);
    waitForNewCode(app);
    await elevate(thief, { totpCode: stolen.code(app.clock.now()) });
    const { secret } = (await alice.client.ask(ENABLE_TOTP)).enableTotp;
    await alice.client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });

    for (const operation of [DISABLE_TOTP, ENABLE_TOTP, REGENERATE_BACKUP_CODES, START_REGISTRATION])
      expect(await refusalOf(app, alice, () => thief.refused(operation))).toMatchObject(REQUIRED);
    // The session that replaced it has proved the new one.
    await alice.client.ask(REGENERATE_BACKUP_CODES);
  });

  it("also loses its elevation: with a removed passkey it can no longer change factors", async () => {
    const alice = await createUser(app);
    await enableTotp(app, alice);
    const device = new SoftwareAuthenticator();
    const passkeys = passkeysOf(app);
    const { id } = await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    const thief = await thiefByPasskey(alice, device);
    await alice.client.ask(DELETE_PASSKEY, { id });

    expect(await refusalOf(app, alice, () => thief.refused(DISABLE_TOTP))).toMatchObject(REQUIRED);
    const byPassword = () => thief.refused(REAUTHENTICATE, { input: { password: alice.password } });
    expect(await refusalOf(app, alice, byPassword)).toMatchObject(REQUIRED);
    await alice.client.ask(REGENERATE_BACKUP_CODES);
  });

  const thiefByPasskey = async (alice: SignedInUser, device: SoftwareAuthenticator) => {
    const passkeys = passkeysOf(app);
    const challenge = await passkeys.passwordGiven(alice);
    const input = await passkeys.prove((publicKey) => device.get(publicKey, { origin: ORIGIN }), challenge);
    const { tokens } = await passkeys.finish(input);
    const client = app.client();
    client.accessToken = tokens.accessToken;
    await elevate(client, { passkey: await passkeys.prove((publicKey) => device.get(publicKey, { origin: ORIGIN })) });
    return client;
  };

  it("keeps its elevation if only other sessions lose the proof", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    const { id } = await addPasskey(alice);
    const { client: other } = await logInByTotp(app, alice, authenticator);
    waitForNewCode(app);
    await elevate(other, { totpCode: authenticator.code(app.clock.now()) });
    await alice.client.ask(DELETE_PASSKEY, { id });
    await other.ask(REGENERATE_BACKUP_CODES);
  });
});
