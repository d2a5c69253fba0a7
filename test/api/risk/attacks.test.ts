import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { CONFIRM_LOGIN, confirmationToken, resumeLogin, userWithHistory } from "../../support/clients/confirmations.ts";
import { beginLogin, FINISH_PASSKEY_LOGIN, LOGIN_STEP } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { addressIn } from "../../support/factories/places.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { newAddress, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

const newResident = async (): Promise<SignedInUser> => userWithHistory(app, await createTenant(app));

const home = (): string => addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
const at = (address: string): GraphQLClient => app.client({ "x-forwarded-for": address });

/** Wrong passwords, each from a different address. */
const guessAt = async ({ email }: SignedInUser, times: number): Promise<void> => {
  for (let guess = 1; guess <= times; guess++)
    await at(newAddress()).refused(LOGIN_STEP, { input: { identifier: email, password: newPassword() } });
};

describe("an attacker guessing a password", () => {
  it.each([
    ["from many addresses", () => newAddress()],
    ["from the owner's home", () => home()],
  ])("gets no session with the right one after three wrong ones: its owner must confirm (%s)", async (_, address) => {
    const bob = await newResident();
    await guessAt(bob, 3);
    expect(["LoginConfirmationRequired", "SecondFactorRequired"]).toContain(
      (await beginLogin(at(address()), bob)).__typename,
    );
    await app.mail.waitForMail({ to: bob.email, subject: /^Was that you|is your login code/ });
  });

  it("does not benefit from the owner's device token, which does not hide the location", async () => {
    const bob = await newResident();
    await guessAt(bob, 3);
    const { deviceToken } = bob.client;
    expect(await beginLogin(at(newAddress()), bob, { deviceToken })).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
  });
});

describe("the owner of an account under attack", () => {
  it("logs in on a known device at home as usual", async () => {
    const bob = await newResident();
    await guessAt(bob, 35);
    const client = at(home());
    const login = await beginLogin(client, bob, { deviceToken: bob.client.deviceToken });
    expect(login).toMatchObject({ __typename: "LoginSuccess" });
  });

  it("logs in on a new device at home with the help of the mail", async () => {
    const bob = await newResident();
    await guessAt(bob, 6);
    const laptop = at(home());
    const { challenge, number } = await beginLogin(laptop, bob);
    await bob.client.ask(CONFIRM_LOGIN, { token: await confirmationToken(app, bob), number });
    await resumeLogin(laptop, challenge);
  });

  it("logs in by a passkey from any location, without a mail", async () => {
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
      // The login was unusual nevertheless.
      mfaRecommended: true,
    });
  });
});

describe("X-Forwarded-For", () => {
  const fromElsewhere = () => addressIn("Sydney, Australia", app.app.geoip);

  it("with added entries does not change the location: only the address seen by the trusted proxy counts", async () => {
    const bob = await newResident();
    const forged = at(`${home()}, ${fromElsewhere()}`);
    // Also impossible travel: 20 + 15 + 10 + 30.
    expect(await beginLogin(forged, bob)).toMatchObject({ __typename: "SecondFactorRequired", reason: "HIGH_RISK" });
  });

  it("is ignored if no proxy is trusted", async () => {
    const direct = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, TRUSTED_PROXY_HOPS: "0" }, replicaOf: app });
    const bob = await newResident();
    const forged = direct.client({ "x-forwarded-for": home(), "x-real-ip": home(), forwarded: `for=${home()}` });
    expect(await beginLogin(forged, bob)).toMatchObject({ __typename: "LoginConfirmationRequired" });
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /^Was that you/ });
    expect(mail.text).toContain("Address: 127.0.0.1");
    await direct.stop();
  });
});
