import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR, MINUTE, SECOND } from "#shared/durations";
import { type Assertion, type Creation, SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { accountsOf, FINISH_PASSKEY_LOGIN, LOGIN_STEP, REAUTHENTICATE } from "../../support/clients/factors.ts";
import {
  type Ceremony,
  FINISH_REGISTRATION,
  PASSKEYS,
  passkeysOf,
  START_REGISTRATION,
} from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, logIn, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const RP_ID = "id.example.test";
const ORIGIN = `https://${RP_ID}`;

let app: TestApp;
let passkeys: ReturnType<typeof passkeysOf>;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
  passkeys = passkeysOf(app);
});
afterAll(() => app?.stop());

const creating =
  (device: SoftwareAuthenticator, said: Partial<Creation> = {}): Ceremony =>
  (publicKey) =>
    device.create(publicKey, { origin: ORIGIN, ...said });

const using =
  (device: SoftwareAuthenticator, said: Partial<Assertion> = {}): Ceremony =>
  (publicKey) =>
    device.get(publicKey, { origin: ORIGIN, ...said });

interface Owner {
  readonly person: SignedInUser;
  readonly device: SoftwareAuthenticator;
  readonly userHandle: string;
  readonly credentialId: string;
}

const enrolled = async (name: string, device = new SoftwareAuthenticator()): Promise<Owner> => {
  const person = await createUser(app, { name });
  await passkeys.enrol(person, creating(device));
  const { id: credentialId, response } = using(device)({ challenge: "", rpId: RP_ID });
  return { person, device, userHandle: response.userHandle, credentialId };
};

const logInWith = async (device: SoftwareAuthenticator, said: Partial<Assertion> = {}): Promise<string> =>
  (await passkeys.finish(await passkeys.prove(using(device, said)))).user.id;

/** The login that a passkey finishes as second factor; undefined if it is the only credential. */
const loginFor = async (how: string, person: SignedInUser): Promise<string | undefined> =>
  how === "alone" ? undefined : passkeys.passwordGiven(person);

const random = (): string => randomBytes(48).toString("base64url");

/** Faults of pages, browsers and authenticators, for both registration and login. */
const LIES = [
  ["is made for a page that is not ours", { origin: "https://evil.example" }],
  ["is made for a page whose host name begins like ours", { origin: `${ORIGIN}.evil.example` }],
  ["is made for a subdomain of our page", { origin: `https://forum.${RP_ID}` }],
  ["is made for our page on another port", { origin: `${ORIGIN}:8443` }],
  ["is made for our page without encryption", { origin: `http://${RP_ID}` }],
  ["is made for a page without a host name", { origin: "null" }],
  ["is made in a frame of another site's page", { crossOrigin: true }],
  ["is bound to another domain", { rpId: "evil.example" }],
  ["is bound to the parent of our domain", { rpId: "example.test" }],
  ["answers a challenge that was not issued", { challenge: random() }],
  ["answers no challenge", { challenge: "" }],
  ["is made without user presence", { userPresent: false }],
  ["is made without user verification", { userVerified: false }],
] as const satisfies readonly (readonly [string, Partial<Creation & Assertion>])[];

describe("an assertion is refused, and changes nothing, that", () => {
  it.each([
    ...LIES,
    ["claims to be a registration", { type: "webauthn.create" }],
    ["is garbled", { signature: "garbled" }],
    ["is signed by another key", { signature: "by another key" }],
    ["has a counter that went back", { counter: 2 }],
    ["has an unchanged counter", { counter: 4 }],
    ["no longer has a counter", { counter: 0 }],
    ["names a user who does not exist", { userHandle: random() }],
    ["has an invalid user handle", { userHandle: "AA" }],
    ["has a credential that was not registered", "stranger"],
    ["has another user's handle", "victim's handle"],
    ["has another user's credential", "victim's credential"],
  ] as const)("%s", async (_, lie) => {
    const { person, device, userHandle } = await enrolled("alice");
    const victim = await enrolled("victim");
    // Three logins, so that the stored counter is above the one of the false assertions.
    for (let times = 0; times < 3; times += 1) expect(await logInWith(device)).toBe(person.id);

    const get = (publicKey: Parameters<SoftwareAuthenticator["get"]>[0]) => {
      const anybody = { ...publicKey, allowCredentials: [] };
      switch (lie) {
        case "stranger": {
          const stranger = new SoftwareAuthenticator();
          creating(stranger)({ rp: { id: RP_ID }, user: { id: userHandle }, pubKeyCredParams: [{ alg: -7 }] });
          return using(stranger)(anybody);
        }
        case "victim's handle":
          return using(device, { userHandle: victim.userHandle })(publicKey);
        case "victim's credential":
          return using(victim.device, { userHandle })(anybody);
        default:
          return using(device, lie)(publicKey);
      }
    };
    const people = [person, victim.person];
    await passkeys.expectNoLogin(await passkeys.prove(get), people);
    await passkeys.expectNoLogin(await passkeys.prove(get, await passkeys.passwordGiven(person)), people);
    // Only the fault was the reason: without it the login succeeds.
    expect(await logInWith(device)).toBe(person.id);
  });

  it("names no user, unless a password login already did", async () => {
    const { person, device } = await enrolled("alice");
    await passkeys.expectNoLogin(await passkeys.prove(using(device, { userHandle: null })), [person]);
    const login = await passkeys.passwordGiven(person);
    const second = await passkeys.prove(using(device, { userHandle: null }), login);
    expect((await passkeys.finish(second)).user.id).toBe(person.id);
  });

  it("has an empty user handle, as Safari sends it, which is treated as a missing one", async () => {
    const { person, device } = await enrolled("alice");
    await passkeys.expectNoLogin(await passkeys.prove(using(device, { userHandle: "" })), [person]);
    const login = await passkeys.passwordGiven(person);
    const second = await passkeys.prove(using(device, { userHandle: "" }), login);
    expect((await passkeys.finish(second)).user.id).toBe(person.id);
    const proof = await passkeys.prove(using(device, { userHandle: "" }));
    const { reauthenticate } = await person.client.ask(REAUTHENTICATE, { input: { passkey: proof } });
    expect(reauthenticate.session.authenticatedWith).toContain("PASSKEY");
  });

  it.each(["alone", "as second factor"])("is too late: %s", async (how) => {
    const { person, device } = await enrolled("alice");
    const login = await loginFor(how, person);
    const [inTime, late] = [await passkeys.prove(using(device), login), await passkeys.prove(using(device), login)];
    app.clock.advance(5 * MINUTE + SECOND);
    await passkeys.expectNoLogin(late, [person]);
    app.clock.advance(-2 * MINUTE);
    expect((await passkeys.finish(inTime)).user.id).toBe(person.id);
    app.clock.advance(2 * MINUTE);
  });

  it("was made for another kind of ceremony", async () => {
    const { person, device } = await enrolled("alice");
    const { startPasskeyRegistration: registration } = await person.client.ask(START_REGISTRATION);
    const { challenge } = registration.publicKey;
    const answer = using(device)({ challenge, rpId: RP_ID });
    const login = await passkeys.passwordGiven(person);
    for (const given of [registration.challenge, login, (await passkeys.startLogin()).challenge])
      await passkeys.expectNoLogin(
        { challenge: given, response: answer },
        [person],
        expect.stringMatching(/^INVALID_/),
      );
  });

  it("answers another login's challenge", async () => {
    const [alice, bob] = [await enrolled("alice"), await enrolled("bob")];
    const [first, second] = [await passkeys.passwordGiven(alice.person), await passkeys.passwordGiven(alice.person)];
    const foreign = await passkeys.passwordGiven(bob.person);
    const [proof, alone] = [
      await passkeys.prove(using(alice.device), first),
      await passkeys.prove(using(alice.device)),
    ];
    const people = [alice.person, bob.person];
    for (const login of [second, foreign, undefined]) {
      const { challenge } = await passkeys.startLogin(login);
      for (const { response } of [proof, alone]) await passkeys.expectNoLogin({ challenge, response }, people);
    }
    await passkeys.expectNoLogin({ ...proof, response: alone.response }, people);
    for (const input of [proof, alone]) expect((await passkeys.finish(input)).user.id).toBe(alice.person.id);
  });
});

describe("an assertion", () => {
  it.each(["alone", "as second factor"])(
    "that is submitted by twenty concurrent requests logs one in: %s",
    async (how) => {
      // With a counter, that alone would distinguish a repeated assertion.
      const { person, device } = await enrolled("alice", new SoftwareAuthenticator({ counts: false }));
      const input = await passkeys.prove(using(device), await loginFor(how, person));
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => app.client().send(FINISH_PASSKEY_LOGIN, { input })),
      );
      expect(answers.filter(({ data }) => data?.finishPasskeyLogin.__typename === "LoginSuccess")).toHaveLength(1);
      await passkeys.expectNoLogin(input, [person], how === "alone" ? "INVALID_CREDENTIALS" : "INVALID_TOKEN");
      const { me } = await person.client.ask("{ me { passkeys { useCount } sessions { totalCount } } }");
      expect(me).toEqual({ passkeys: [{ useCount: 1 }], sessions: { totalCount: 2 } });
    },
  );

  it("of an authenticator without a counter is accepted each time", async () => {
    const { person, device } = await enrolled("alice", new SoftwareAuthenticator({ counts: false }));
    for (let times = 0; times < 3; times += 1) expect(await logInWith(device)).toBe(person.id);
    expect((await person.client.ask(PASSKEYS)).me.passkeys).toMatchObject([{ useCount: 3 }]);
  });

  it("is requested without revealing who has an account or a passkey", async () => {
    const { publicKey } = await passkeys.startLogin();
    expect(publicKey).toMatchObject({ rpId: RP_ID, userVerification: "required" });
    expect(publicKey.allowCredentials ?? []).toEqual([]);
  });

  it("logs its owner in, even if the password is locked after an attacker's guesses", async () => {
    const { person, device } = await enrolled("alice");
    const attempt = (password: string) =>
      app.client().refused(LOGIN_STEP, { input: { identifier: person.email, password } });
    for (let times = 0; times < 5; times += 1) await attempt(newPassword());
    expect(await attempt(person.password)).toMatchObject({ reason: "ACCOUNT_LOCKED" });
    expect(await logInWith(device)).toBe(person.id);
    app.clock.advance(HOUR);
  });
});

describe("a registration is refused, and changes nothing, that", () => {
  it.each([...LIES, ["claims to be an assertion", { type: "webauthn.get" }]] as const)("%s", async (_, lie) => {
    const person = await createUser(app);
    const device = new SoftwareAuthenticator();
    await passkeys.expectNoPasskey(await passkeys.make(person, creating(device, lie)), person);
    await passkeys.enrol(person, creating(new SoftwareAuthenticator()));
  });

  it("has another user's credential", async () => {
    const [owner, mallory] = [await enrolled("alice"), await createUser(app, { name: "mallory" })];
    const { credentialId } = owner;
    const claim = await passkeys.make(mallory, creating(new SoftwareAuthenticator(), { credentialId }));
    await passkeys.expectNoPasskey(claim, mallory, "CONFLICT");
    expect(await logInWith(owner.device)).toBe(owner.person.id);
  });

  it("answers a challenge of another user or of another session", async () => {
    const [alice, mallory] = [await createUser(app), await createUser(app, { name: "mallory" })];
    const input = await passkeys.make(mallory, creating(new SoftwareAuthenticator()));
    await passkeys.expectNoPasskey(input, alice, "INVALID_TOKEN");
    const client = app.client();
    await logIn(client, mallory.email, mallory.password);
    await passkeys.expectNoPasskey(input, { ...mallory, client }, "INVALID_TOKEN");
    await mallory.client.ask(FINISH_REGISTRATION, { input });
  });

  it("is too late", async () => {
    const person = await createUser(app);
    const input = await passkeys.make(person, creating(new SoftwareAuthenticator()));
    app.clock.advance(5 * MINUTE + SECOND);
    await passkeys.expectNoPasskey(input, person, "INVALID_TOKEN");
  });

  it("answers a login's challenge", async () => {
    const person = await createUser(app);
    const { startPasskeyRegistration: started } = await person.client.ask(START_REGISTRATION);
    const { challenge, publicKey } = await passkeys.startLogin();
    const response = creating(new SoftwareAuthenticator())({ ...started.publicKey, challenge: publicKey.challenge });
    await passkeys.expectNoPasskey({ challenge, response }, person, "INVALID_TOKEN");
    await passkeys.expectNoPasskey({ challenge: started.challenge, response }, person);
  });

  it("was already submitted: of twenty concurrent requests one is stored", async () => {
    const person = await createUser(app);
    const input = await passkeys.make(person, creating(new SoftwareAuthenticator()));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => person.client.send(FINISH_REGISTRATION, { input })),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect((await person.client.ask(PASSKEYS)).me.passkeys).toHaveLength(1);
    await passkeys.expectNoPasskey(input, person, "INVALID_TOKEN");
  });
});

describe("a step-up", () => {
  it.each([
    ["another user's passkey", undefined],
    ["a passkey on a page that is not ours", { origin: "https://evil.example" }],
    ["a passkey without user verification", { userVerified: false }],
    ["a passkey whose counter went back", { counter: 1 }],
    ["a passkey that names another user", { userHandle: random() }],
  ] as const)("is not made by %s", async (_, lie) => {
    const [{ person, device }, other] = [await enrolled("alice"), await enrolled("other")];
    await logInWith(device);
    const proof = await passkeys.prove(lie ? using(device, lie) : using(other.device));
    app.clock.advance(11 * MINUTE);
    const holdings = () => accountsOf(app, person, other.person);
    const before = await holdings();
    const fresh = lie ? await passkeys.prove(using(device, lie)) : await passkeys.prove(using(other.device));
    for (const passkey of [proof, fresh])
      expect(await person.client.refused(REAUTHENTICATE, { input: { passkey } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
    expect(await holdings()).toEqual(before);
    expect(await person.client.refused(START_REGISTRATION)).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });

    const passkey = await passkeys.prove(using(device));
    await elevate(person.client, { passkey });
    await person.client.ask(START_REGISTRATION);
    await person.client.refused(REAUTHENTICATE, { input: { passkey } });
  });
});
