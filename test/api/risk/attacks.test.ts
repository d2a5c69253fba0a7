import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { CONFIRM_LOGIN, confirmationToken, resident, resumeLogin } from "../../support/clients/confirmations.ts";
import { beginLogin, FINISH_PASSKEY_LOGIN, LOGIN_STEP } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { type Actor, newAddress, newPassword } from "../../support/factories/actors.ts";
import { foundTenant } from "../../support/factories/companies.ts";
import { addressIn } from "../../support/factories/places.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

const newResident = async (): Promise<Actor> => resident(app, await foundTenant(app));

const home = (): string => addressIn("Kuala Lumpur, Malaysia", app.app.places);
const at = (address: string): GraphQLClient => app.client({ "x-forwarded-for": address });

/** Wrong passwords, each from an address of its own. */
const guessAt = async ({ email }: Actor, times: number): Promise<void> => {
  for (let guess = 1; guess <= times; guess++)
    await at(newAddress()).refused(LOGIN_STEP, { input: { identifier: email, password: newPassword() } });
};

describe("whoever guesses a password", () => {
  it.each([
    ["from many addresses", () => newAddress()],
    ["from where its owner is at home", () => home()],
  ])("gets no session by the right one after three wrong ones: its owner is asked (%s)", async (_, address) => {
    const bob = await newResident();
    await guessAt(bob, 3);
    expect(["LoginConfirmationRequired", "SecondFactorRequired"]).toContain(
      (await beginLogin(at(address()), bob)).__typename,
    );
    await app.mail.waitForMail({ to: bob.email, subject: /^Was that you|is your login code/ });
  });

  it("is no safer for the owner's device token: it does not hide where he is", async () => {
    const bob = await newResident();
    await guessAt(bob, 3);
    const { deviceToken } = bob.client;
    expect(await beginLogin(at(newAddress()), bob, { deviceToken })).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
  });
});

describe("the owner of an account that is guessed at", () => {
  it("gets in on a known device at home as ever", async () => {
    const bob = await newResident();
    await guessAt(bob, 35);
    const client = at(home());
    const login = await beginLogin(client, bob, { deviceToken: bob.client.deviceToken });
    expect(login).toMatchObject({ __typename: "LoginSuccess" });
  });

  it("gets in on a new device at home with the mail's help", async () => {
    const bob = await newResident();
    await guessAt(bob, 6);
    const laptop = at(home());
    const { challenge, number } = await beginLogin(laptop, bob);
    await bob.client.ask(CONFIRM_LOGIN, { token: await confirmationToken(app, bob), number });
    await resumeLogin(laptop, challenge);
  });

  it("gets in by a passkey from wherever he is, and no mail is waited for", async () => {
    const bob = await newResident();
    const device = new SoftwareAuthenticator();
    const { enrol, prove } = passkeysOf(app);
    await enrol(bob, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    await guessAt(bob, 35);
    const input = await prove((publicKey) => device.get(publicKey, { origin: ORIGIN }));
    const { finishPasskeyLogin } = await at(newAddress()).ask(FINISH_PASSKEY_LOGIN, { input });
    expect(finishPasskeyLogin).toMatchObject({
      __typename: "LoginSuccess",
      user: { id: bob.id },
      // It was unusual, for all that.
      mfaRecommended: true,
    });
  });
});

describe("X-Forwarded-For", () => {
  const fromElsewhere = () => addressIn("Sydney, Australia", app.app.places);

  it("does not bring home whoever adds to it: what our own proxy saw counts", async () => {
    const bob = await newResident();
    const forged = at(`${home()}, ${fromElsewhere()}`);
    // Too fast for a journey, too: 20 + 15 + 10 + 30.
    expect(await beginLogin(forged, bob)).toMatchObject({ __typename: "SecondFactorRequired", reason: "HIGH_RISK" });
  });

  it("says nothing where no proxy is trusted", async () => {
    const direct = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, TRUSTED_PROXY_HOPS: "0" }, replicaOf: app });
    const bob = await newResident();
    const forged = direct.client({ "x-forwarded-for": home(), "x-real-ip": home(), forwarded: `for=${home()}` });
    expect(await beginLogin(forged, bob)).toMatchObject({ __typename: "LoginConfirmationRequired" });
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /^Was that you/ });
    expect(mail.text).toContain("Address: 127.0.0.1");
    await direct.stop();
  });
});
