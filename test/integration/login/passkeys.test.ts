import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PasskeyAssertions } from "#features/login/second-factors/passkey/passkey-assertions";
import { PasskeyChallenges } from "#features/login/second-factors/passkey/passkey-challenges";
import { passkeys, spentPasskeyChallenges } from "#features/login/second-factors/passkey/passkeys.table";
import type { FactorSubject } from "#features/login/second-factors/second-factor";
import { DAY, MINUTE } from "#shared/durations";
import type { ChallengeId } from "#shared/ids";
import { type Assertion, type Creation, SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { ANONYMOUS, CLIENT, eventsOf, type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { newPassword } from "../../support/factories/users.ts";
import { buildTestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const RP = { id: "id.example.test", origins: [ORIGIN] };

let app: Awaited<ReturnType<typeof buildTestApp>>;
let assertions: PasskeyAssertions;
/** Why assertions were refused, according to the log. */
const reasons: string[] = [];
beforeAll(async () => {
  app = await buildTestApp({ settings: { PUBLIC_URL: ORIGIN, PRODUCT_NAME: "Acme ID", DATABASE_POOL_SIZE: "20" } });
  const { db, ids } = app.app;
  const { clock, keyRing } = app;
  const log = { info: ({ reason }: { reason: string }) => void reasons.push(reason) } as never;
  const challenges = new PasskeyChallenges({ clock, ids, keyRing });
  assertions = new PasskeyAssertions({ db, clock, challenges, relyingParty: RP, log });
});
afterAll(() => app?.close());

/** A user with a password, because the last login method cannot be removed. */
const newPerson = async (): Promise<StoredUser> =>
  signIn(app, await addUser(app, await createTenant(app), { password: newPassword() }));

/** Creates a passkey without submitting it yet. */
const make = async ({ viewer }: StoredUser, device: SoftwareAuthenticator, said: Partial<Creation> = {}) => {
  const { challenge, publicKey } = await app.app.passkeys.startRegistration(viewer);
  return { challenge, response: device.create(publicKey, { origin: ORIGIN, ...said }) };
};

const finish = ({ viewer }: StoredUser, answer: { challenge: string; response: object; name?: string }) =>
  app.app.passkeys.finishRegistration(viewer, CLIENT, answer);

const enrol = async (person: StoredUser, device = new SoftwareAuthenticator(), said: Partial<Creation> = {}) => ({
  device,
  passkey: await finish(person, await make(person, device, said)),
});

const rowsOf = ({ user }: Pick<StoredUser, "user">) =>
  app.app.db.select().from(passkeys).where(eq(passkeys.userId, user.id)).orderBy(passkeys.id);

const newLogin = (): ChallengeId => app.app.ids.next<ChallengeId>();
const LOGIN = (id: ChallengeId): FactorSubject => ({ kind: "LOGIN", id });

/** Answers the challenge of a pending login. */
const answerLogin = async ({ user }: StoredUser, device: SoftwareAuthenticator, said: Partial<Assertion> = {}) => {
  const id = newLogin();
  const { publicKey } = await assertions.startLogin({ id, userId: user.id });
  return { subject: LOGIN(id), proof: { challenge: "", response: device.get(publicKey, { origin: ORIGIN, ...said }) } };
};

/** Answers the challenge of a login without an identifier. */
const answer = async (device: SoftwareAuthenticator, said: Partial<Assertion> = {}) => {
  const { challenge, publicKey } = await assertions.startLogin(null);
  return { challenge, response: device.get(publicKey, { origin: ORIGIN, ...said }) };
};

const NO_DEVICE = randomBytes(32);

describe("registering", () => {
  it("requires a discoverable passkey and user verification, and no attestation", async () => {
    const person = await newPerson();
    const { challenge, publicKey } = await app.app.passkeys.startRegistration(person.viewer);
    expect(publicKey).toMatchObject({
      challenge,
      rp: { id: "id.example.test", name: "Acme ID" },
      user: { name: person.user.email, displayName: person.user.email },
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
      excludeCredentials: [],
      timeout: 5 * MINUTE,
    });
    expect(publicKey.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257]);
    expect(Buffer.from(publicKey.user.id, "base64url").toString("hex")).toBe(person.user.id.replaceAll("-", ""));
  });

  it("stores the passkey, notifies the user, and adds it to the session's factors", async () => {
    const person = await newPerson();
    const { passkey } = await enrol(person, new SoftwareAuthenticator(), { backedUp: true });
    expect(passkey).toMatchObject({ name: CLIENT.device.label, useCount: 0, lastUsedAt: null, backedUp: true });
    expect(Object.keys(passkey)).not.toContain("publicKey");
    expect(await app.app.passkeys.ofUsers([person.user.id])).toEqual([[passkey]]);
    expect((await eventsOf(app, person.user)).map(({ type }) => type)).toEqual(["PASSKEY_ADDED", "MFA_ENABLED"]);
    const session = await app.app.sessions.findVisible(person.viewer, person.viewer.sessionId);
    expect(session?.authenticatedWith).toEqual(["PASSWORD", "PASSKEY"]);
  });

  it("uses the given name, trimmed", async () => {
    const person = await newPerson();
    const made = await make(person, new SoftwareAuthenticator());
    expect(await finish(person, { ...made, name: "  Blue key " })).toMatchObject({ name: "Blue key" });
  });

  it("lists the existing passkeys, so that a device does not create a second one", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    await expect(make(person, device)).rejects.toThrow("InvalidStateError");
    await enrol(person);
    expect(await rowsOf(person)).toHaveLength(2);
  });

  it("accepts a credential id of the maximum length, and refuses a longer one", async () => {
    const person = await newPerson();
    const credentialId = (length: number) => ({ credentialId: randomBytes(length).toString("base64url") });
    await enrol(person, new SoftwareAuthenticator(), credentialId(1_023));
    await expect(enrol(person, new SoftwareAuthenticator(), credentialId(1_024))).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    expect((await rowsOf(person)).map(({ credentialId: { length } }) => length)).toEqual([1_023]);
  });

  it("is limited to twenty passkeys, also for two concurrent registrations", async () => {
    const person = await newPerson();
    for (let count = 0; count < 19; count++) await enrol(person);
    const answers = [
      await make(person, new SoftwareAuthenticator()),
      await make(person, new SoftwareAuthenticator()),
      await make(person, new SoftwareAuthenticator()),
    ];
    const outcomes = await Promise.allSettled(answers.map((made) => finish(person, made)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await rowsOf(person)).toHaveLength(20);
    await expect(app.app.passkeys.startRegistration(person.viewer)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("is refused if the settings allow no passkeys", async () => {
    const off = await buildTestApp({ settings: { PUBLIC_URL: "https://203.0.113.7" }, replicaOf: app });
    try {
      const person = await newPerson();
      expect(off.app.passkeys.available).toBe(false);
      await expect(off.app.passkeys.startRegistration(person.viewer)).rejects.toMatchObject({ code: "BAD_REQUEST" });
      const made = await make(person, new SoftwareAuthenticator());
      await expect(off.app.passkeys.finishRegistration(person.viewer, CLIENT, made)).rejects.toMatchObject({
        code: "BAD_REQUEST",
      });
      expect(await rowsOf(person)).toEqual([]);
    } finally {
      await off.close();
    }
  });
});

describe("a registration is refused, and changes nothing,", () => {
  const expectRefusal = async (person: StoredUser, attempt: Promise<unknown>, expected: object): Promise<void> => {
    await expect(attempt).rejects.toMatchObject(expected);
    expect(await rowsOf(person)).toEqual([]);
    expect(await eventsOf(app, person.user)).toEqual([]);
  };

  it.each<[string, Partial<Creation>, RegExp]>([
    ["from another page", { origin: "https://id.example.test.evil.test" }, /origin/],
    ["from another port", { origin: `${ORIGIN}:8443` }, /origin/],
    ["for another domain", { rpId: "evil.test" }, /RP ID/],
    ["of another type", { type: "webauthn.get" }, /type/],
    ["in a frame of another origin", { crossOrigin: true }, /frame/],
    ["without user presence", { userPresent: false }, /not present/],
    ["without user verification", { userVerified: false }, /could not be verified/],
    ["of another challenge", { challenge: randomBytes(48).toString("base64url") }, /challenge/],
  ])("%s", async (_, said, reason) => {
    const person = await newPerson();
    const failure = finish(person, await make(person, new SoftwareAuthenticator(), said));
    await expectRefusal(person, failure, {
      code: "BAD_REQUEST",
      message: "The passkey could not be verified. Try again.",
    });
    const line = app.logs.findLast((text) => text.includes("A passkey was refused."));
    expect(JSON.parse(line ?? "{}").reason).toMatch(reason);
  });

  const EXPIRED = { code: "INVALID_TOKEN", reason: "CHALLENGE_EXPIRED" };

  it("on another session, of another user, or with a challenge of a login", async () => {
    const person = await newPerson();
    const elsewhere = await signIn(app, person.user);
    const stranger = await newPerson();
    const device = new SoftwareAuthenticator();
    await expectRefusal(
      person,
      make(elsewhere, device).then((made) => finish(person, made)),
      EXPIRED,
    );
    await expectRefusal(
      person,
      make(stranger, device).then((made) => finish(person, made)),
      EXPIRED,
    );
    const { response } = await make(person, device);
    const { challenge } = await assertions.startLogin(null);
    await expectRefusal(person, finish(person, { challenge, response }), EXPIRED);
    await expectRefusal(person, finish(person, { challenge: "", response }), EXPIRED);
  });

  it("after five minutes", async () => {
    const person = await newPerson();
    const made = await make(person, new SoftwareAuthenticator());
    app.clock.advance(5 * MINUTE);
    await expectRefusal(person, finish(person, made), EXPIRED);
  });

  it("with an invalid name", async () => {
    const person = await newPerson();
    const made = await make(person, new SoftwareAuthenticator());
    for (const name of ["x".repeat(61), "two\nlines"])
      await expectRefusal(person, finish(person, { ...made, name }), { code: "BAD_USER_INPUT" });
  });

  it("if another user already has the credential, and the other user keeps it", async () => {
    const owner = await newPerson();
    const thief = await newPerson();
    const credentialId = randomBytes(32).toString("base64url");
    await enrol(owner, new SoftwareAuthenticator(), { credentialId });
    await expectRefusal(thief, enrol(thief, new SoftwareAuthenticator(), { credentialId }), { code: "CONFLICT" });
    expect(await rowsOf(owner)).toHaveLength(1);
  });

  it("for any input that is not a response", async () => {
    const person = await newPerson();
    const { challenge, response } = await make(person, new SoftwareAuthenticator());
    const inside = (changes: object) => ({ ...response, response: { ...response.response, ...changes } });
    const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const responses: object[] = [
      {},
      [],
      { ...response, id: 1 },
      { ...response, id: "" },
      { ...response, id: "other" },
      { ...response, type: "password" },
      { ...response, response: null },
      { ...response, response: [] },
      JSON.parse('{"__proto__":{"id":"x"},"constructor":{"prototype":1},"id":"AA"}'),
      inside({ clientDataJSON: "not base64url!" }),
      inside({ clientDataJSON: json(null) }),
      inside({ clientDataJSON: json("webauthn.create") }),
      inside({ clientDataJSON: json({ type: "webauthn.create", challenge: {}, origin: ORIGIN }) }),
      inside({ clientDataJSON: "A".repeat(1_000_000) }),
      inside({ attestationObject: "A".repeat(1_000_000) }),
      inside({ attestationObject: "AA" }),
      inside({ attestationObject: Buffer.from("ffffffff", "hex").toString("base64url") }),
      inside({ attestationObject: Buffer.from("a0", "hex").toString("base64url") }),
      // A CBOR array with a claimed length of 2^32 items, and nested maps.
      inside({ attestationObject: Buffer.from("9affffffff", "hex").toString("base64url") }),
      inside({ attestationObject: Buffer.from("a100".repeat(10_000), "hex").toString("base64url") }),
      inside({ attestationObject: response.response.attestationObject.slice(0, -10) }),
    ];
    for (const wrong of responses)
      await expectRefusal(person, finish(person, { challenge, response: wrong }), { code: "BAD_REQUEST" });
    // None of them has used up the challenge.
    expect(await finish(person, { challenge, response })).toMatchObject({ useCount: 0 });
  });

  it("if submitted again: one of twenty concurrent submissions is stored", async () => {
    const person = await newPerson();
    const made = await make(person, new SoftwareAuthenticator());
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => finish(person, made)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(EXPIRED);
    expect(await rowsOf(person)).toHaveLength(1);
    expect((await eventsOf(app, person.user)).filter(({ type }) => type === "PASSKEY_ADDED")).toHaveLength(1);
  });
});

describe("the user", () => {
  it("can rename a passkey; no other user can", async () => {
    const person = await newPerson();
    const { passkey } = await enrol(person);
    const { passkeys: service } = app.app;
    expect(await service.rename(person.viewer, passkey.id, " Laptop ")).toEqual({ ...passkey, name: "Laptop" });
    for (const name of ["", " ", "x".repeat(61), "a\u0000b"])
      await expect(service.rename(person.viewer, passkey.id, name)).rejects.toMatchObject({ code: "BAD_USER_INPUT" });

    const colleague = await signIn(app, await addUser(app, { id: person.user.tenantId }, { roles: ["USER", "ADMIN"] }));
    for (const [
      other,
      id,
    ] of [[await newPerson(), passkey.id], [colleague, passkey.id], [person, ANONYMOUS], [person, "x"]] as const) // biome-ignore format: one list
      await expect(service.rename(other.viewer, id, "Mine")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await rowsOf(person)).toMatchObject([{ name: "Laptop" }]);
  });

  it("can remove a passkey, which then proves nothing; no other user can", async () => {
    const person = await newPerson();
    const { passkey, device } = await enrol(person);
    const { passkeys: service } = app.app;
    const colleague = await signIn(app, await addUser(app, { id: person.user.tenantId }, { roles: ["USER", "ADMIN"] }));
    for (const [
      other,
      id,
    ] of [[await newPerson(), passkey.id], [colleague, passkey.id], [person, ANONYMOUS], [person, "x"]] as const) // biome-ignore format: one list
      await expect(service.remove(other.viewer, CLIENT, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await rowsOf(person)).toHaveLength(1);

    const proof = await answer(device);
    expect(await service.remove(person.viewer, CLIENT, passkey.id.toUpperCase())).toBe(passkey.id);
    expect(await rowsOf(person)).toEqual([]);
    expect(await assertions.identify(proof, NO_DEVICE)).toBeNull();
    expect((await eventsOf(app, person.user)).map(({ type }) => type)).toEqual(
      expect.arrayContaining(["PASSKEY_REMOVED", "MFA_DISABLED"]),
    );
    await expect(service.remove(person.viewer, CLIENT, passkey.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("can list their passkeys, and so can the tenant's admins; other users cannot", async () => {
    const person = await newPerson();
    const { passkey } = await enrol(person);
    const tenant = { id: person.user.tenantId };
    const admin = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
    const operator = await signIn(app, await addUser(app, await createTenant(app), { roles: ["USER", "OPERATOR"] }));
    const colleague = await signIn(app, await addUser(app, tenant));
    const foreignAdmin = await signIn(app, await addUser(app, await createTenant(app), { roles: ["USER", "ADMIN"] }));
    const seenBy = ({ viewer }: StoredUser, id: string = passkey.id) => app.app.passkeys.findVisible(viewer, id);
    for (const allowed of [person, admin, operator]) expect(await seenBy(allowed)).toEqual(passkey);
    for (const other of [colleague, foreignAdmin]) expect(await seenBy(other)).toBeNull();
    expect(await seenBy(person, ANONYMOUS)).toBeNull();
    expect(await seenBy(person, "x")).toBeNull();
  });
});

describe("an assertion", () => {
  it("for a pending login is requested for that user's passkeys", async () => {
    const person = await newPerson();
    await enrol(person);
    const [row] = await rowsOf(person);
    const { publicKey } = await assertions.startLogin({ id: newLogin(), userId: person.user.id });
    expect(publicKey).toMatchObject({
      rpId: "id.example.test",
      userVerification: "required",
      timeout: 5 * MINUTE,
      allowCredentials: [{ id: row?.credentialId.toString("base64url"), transports: ["internal"], type: "public-key" }],
    });
    const nobody = await newPerson();
    await expect(assertions.startLogin({ id: newLogin(), userId: nobody.user.id })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  it("without an identifier does not reveal which users have a passkey", async () => {
    const { challenge, publicKey } = await assertions.startLogin(null);
    expect(publicKey).toMatchObject({ challenge, rpId: "id.example.test", userVerification: "required" });
    expect(JSON.parse(JSON.stringify(publicKey))).not.toHaveProperty("allowCredentials");
  });

  it("is accepted for its login, and counted when it is used", async () => {
    const person = await newPerson();
    const { device, passkey } = await enrol(person);
    const { proof, subject } = await answerLogin(person, device, { backedUp: true });
    const accepted = await assertions.verify(person.user, proof, subject);
    expect(accepted?.passkeyId).toBe(passkey.id);
    expect(await rowsOf(person)).toMatchObject([{ useCount: 0, counter: 0, lastUsedAt: null }]);
    expect(await accepted?.consume(app.app.db, CLIENT)).toEqual({});
    expect(await rowsOf(person)).toMatchObject([
      { useCount: 1, counter: 1, backedUp: true, lastUsedAt: expect.any(Date) },
    ]);
  });

  it("is accepted for a step-up, and identifies its user if no user is named", async () => {
    const person = await newPerson();
    const { device, passkey } = await enrol(person);
    const stepUp: FactorSubject = { kind: "STEP_UP", id: person.viewer.sessionId };
    expect(await assertions.verify(person.user, await answer(device), stepUp)).toMatchObject({ passkeyId: passkey.id });
    expect(await assertions.identify(await answer(device), NO_DEVICE)).toMatchObject({
      candidate: { user: { id: person.user.id }, homeStatus: "ACTIVE", deviceId: null },
      factor: { passkeyId: passkey.id },
    });
  });

  it("identifies the user's device", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { devices, db } = app.app;
    const known = devices.resolveDevice(null, null);
    await devices.recordLogin(db, person.user, known, CLIENT);
    const found = await assertions.identify(await answer(device), devices.hashDeviceToken(known.token));
    expect(found?.candidate.deviceId).toBe(known.id);
    const stranger = await enrol(await newPerson());
    const other = await assertions.identify(await answer(stranger.device), devices.hashDeviceToken(known.token));
    expect(other?.candidate.deviceId).toBeNull();
  });

  it("of an authenticator without a counter is accepted repeatedly", async () => {
    const person = await newPerson();
    const { device } = await enrol(person, new SoftwareAuthenticator({ counts: false }));
    for (const count of [1, 2]) {
      const found = await assertions.identify(await answer(device), NO_DEVICE);
      expect(await found?.factor.consume(app.app.db, CLIENT)).toEqual({});
      expect(await rowsOf(person)).toMatchObject([{ useCount: count, counter: 0 }]);
    }
  });

  it("opens one login if twenty callers submit it at the same moment", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { proof, subject } = await answerLogin(person, device);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const accepted = await assertions.verify(person.user, proof, subject);
        return accepted && app.app.db.transaction((tx) => accepted.consume(tx, CLIENT));
      }),
    );
    expect(outcomes.filter((used) => used !== null)).toEqual([{}]);
    expect(await rowsOf(person)).toMatchObject([{ useCount: 1 }]);
  });

  it("that was verified opens nothing if the passkey is removed, or its counter has increased", async () => {
    const person = await newPerson();
    const { device, passkey } = await enrol(person);
    const older = await answer(device);
    const newer = await answer(device);
    const weighedOlder = await assertions.identify(older, NO_DEVICE);
    const weighedNewer = await assertions.identify(newer, NO_DEVICE);
    expect(await weighedNewer?.factor.consume(app.app.db, CLIENT)).toEqual({});
    expect(await weighedOlder?.factor.consume(app.app.db, CLIENT)).toBeNull();
    const last = await assertions.identify(await answer(device), NO_DEVICE);
    await app.app.passkeys.remove(person.viewer, CLIENT, passkey.id);
    expect(await last?.factor.consume(app.app.db, CLIENT)).toBeNull();
  });

  it("survives a crash before the commit: the user's retry succeeds once", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { proof, subject } = await answerLogin(person, device);
    const crash = app.app.db.transaction(async (tx) => {
      await (await assertions.verify(person.user, proof, subject))?.consume(tx, CLIENT);
      throw new Error("The process is killed.");
    });
    await expect(crash).rejects.toThrow("killed");
    for (const expected of [{}, null]) {
      const accepted = await assertions.verify(person.user, proof, subject);
      expect((await accepted?.consume(app.app.db, CLIENT)) ?? null).toEqual(expected);
    }
  });
});

describe("an assertion is refused, and changes nothing,", () => {
  /** As the second factor, for a step-up and for a login without an identifier. */
  const expectRefusal = async (
    person: StoredUser,
    device: SoftwareAuthenticator,
    said: Partial<Assertion>,
    reason: RegExp,
  ) => {
    const before = await rowsOf(person);
    const { proof, subject } = await answerLogin(person, device, said);
    const stepUp: FactorSubject = { kind: "STEP_UP", id: person.viewer.sessionId };
    for (const attempt of [
      () => assertions.verify(person.user, proof, subject),
      async () => assertions.verify(person.user, await answer(device, said), stepUp),
      async () => assertions.identify(await answer(device, said), NO_DEVICE),
    ]) {
      expect(await attempt()).toBeNull();
      expect(reasons.at(-1)).toMatch(reason);
    }
    expect(await rowsOf(person)).toEqual(before);
  };

  it.each<[string, Partial<Assertion>, RegExp]>([
    ["from another page", { origin: "https://evil.test" }, /origin/],
    ["from a page on a subdomain", { origin: "https://sub.id.example.test" }, /origin/],
    ["for another domain", { rpId: "example.test" }, /RP ID/],
    ["of another type", { type: "webauthn.create" }, /type/],
    ["of an unknown challenge", { challenge: randomBytes(48).toString("base64url") }, /challenge/],
    ["in a frame of another origin", { crossOrigin: true }, /frame/],
    ["without user presence", { userPresent: false }, /not present/],
    ["without user verification", { userVerified: false }, /could not be verified/],
    ["with a foreign user handle", { userHandle: Buffer.alloc(16, 7).toString("base64url") }, /user handle/],
    ["with a garbled signature", { signature: "garbled" }, /signature is wrong/],
    ["signed by another key", { signature: "by another key" }, /signature is wrong/],
  ])("%s", async (_, said, reason) => {
    const person = await newPerson();
    const { device } = await enrol(person);
    await expectRefusal(person, device, said, reason);
  });

  it("if its counter does not increase, or returns to zero", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const first = await assertions.identify(await answer(device, { counter: 5 }), NO_DEVICE);
    expect(await first?.factor.consume(app.app.db, CLIENT)).toEqual({});
    for (const counter of [5, 4, 0]) await expectRefusal(person, device, { counter }, /counter/);
  });

  it("of another user's passkey, for a pending login or a step-up", async () => {
    const victim = await newPerson();
    await enrol(victim);
    const { device: foreign } = await enrol(await newPerson());
    const id = newLogin();
    const { publicKey } = await assertions.startLogin({ id, userId: victim.user.id });
    const response = foreign.get({ ...publicKey, allowCredentials: [] }, { origin: ORIGIN });
    expect(await assertions.verify(victim.user, { challenge: "", response }, LOGIN(id))).toBeNull();
    expect(reasons.at(-1)).toMatch("not one of the user's");
    const stepUp: FactorSubject = { kind: "STEP_UP", id: victim.viewer.sessionId };
    expect(await assertions.verify(victim.user, await answer(foreign), stepUp)).toBeNull();
  });

  it("of another login, or for another kind of challenge", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const stepUp: FactorSubject = { kind: "STEP_UP", id: person.viewer.sessionId };
    const { proof, subject } = await answerLogin(person, device);
    expect(await assertions.verify(person.user, proof, LOGIN(newLogin()))).toBeNull();
    const named = { ...proof, challenge: challengeIn(proof.response) };
    expect(await assertions.verify(person.user, named, stepUp)).toBeNull();
    expect(await assertions.identify(named, NO_DEVICE)).toBeNull();
    expect(await assertions.verify(person.user, await answer(device), subject)).toBeNull();
    expect(await assertions.verify(person.user, proof, subject)).not.toBeNull();
  });

  it("if the named challenge is not the signed one", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { response } = await answer(device);
    const { challenge } = await assertions.startLogin(null);
    expect(await assertions.identify({ challenge, response }, NO_DEVICE)).toBeNull();
  });

  it("of a registration's challenge", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { challenge } = await app.app.passkeys.startRegistration(person.viewer);
    const { response } = await answer(device, { challenge });
    expect(await assertions.identify({ challenge, response }, NO_DEVICE)).toBeNull();
  });

  it("without a user handle, if no user is named; as the second factor it is not required", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    expect(await assertions.identify(await answer(device, { userHandle: null }), NO_DEVICE)).toBeNull();
    const { proof, subject } = await answerLogin(person, device, { userHandle: null });
    expect(await assertions.verify(person.user, proof, subject)).not.toBeNull();
  });

  it("after five minutes", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { proof, subject } = await answerLogin(person, device);
    app.clock.advance(5 * MINUTE);
    expect(await assertions.verify(person.user, proof, subject)).toBeNull();
  });

  it("for any input that is not an assertion", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { challenge, response } = await answer(device);
    const inside = (changes: object) => ({ ...response, response: { ...response.response, ...changes } });
    const wrong: object[] = [
      {},
      [],
      { ...response, id: null },
      { ...response, rawId: "AA" },
      { ...response, type: "x" },
      { ...response, response: "x" },
      inside({ clientDataJSON: "AA" }),
      inside({ authenticatorData: "AA" }),
      inside({ authenticatorData: 7 }),
      inside({ signature: "AA" }),
      inside({ signature: "A".repeat(1_000_000) }),
      inside({ userHandle: {} }),
      inside({ userHandle: "!" }),
    ];
    for (const attempt of wrong)
      expect(await assertions.identify({ challenge, response: attempt }, NO_DEVICE)).toBeNull();
    expect(await assertions.identify({ challenge, response }, NO_DEVICE)).not.toBeNull();
  });

  it("with BAD_REQUEST if the settings allow no passkeys", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const proof = await answer(device);
    const { db, ids } = app.app;
    const { clock, keyRing } = app;
    const challenges = new PasskeyChallenges({ clock, ids, keyRing });
    const off = new PasskeyAssertions({ db, clock, challenges, relyingParty: null, log: { info: () => {} } });
    const refusal = { code: "BAD_REQUEST" };
    await expect(off.startLogin(null)).rejects.toMatchObject(refusal);
    await expect(off.identify(proof, NO_DEVICE)).rejects.toMatchObject(refusal);
    await expect(off.verify(person.user, proof, LOGIN(newLogin()))).rejects.toMatchObject(refusal);
  });
});

describe("used challenges", () => {
  it("are deleted after a day, when no clock skew can make them valid again", async () => {
    const person = await newPerson();
    const { device } = await enrol(person);
    const { factor } = (await assertions.identify(await answer(device), NO_DEVICE)) ?? {};
    await factor?.consume(app.app.db, CLIENT);
    const count = () => app.app.db.$count(spentPasskeyChallenges);
    const before = await count();
    await app.app.passkeys.sweep();
    app.clock.advance(DAY - MINUTE);
    await app.app.passkeys.sweep();
    expect(await count()).toBeGreaterThanOrEqual(2);
    expect(before).toBeGreaterThanOrEqual(2);
    app.clock.advance(2 * MINUTE);
    await app.app.passkeys.sweep();
    expect(await count()).toBe(0);
  });
});

const challengeIn = ({ response }: { response: { clientDataJSON: string } }): string =>
  JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString()).challenge;
