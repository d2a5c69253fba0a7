import { randomBytes } from "node:crypto";
import { coerceInputValue, getNamedType, isInputObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError, ERROR_STATUS } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import type { GraphQLAnswer } from "../../support/clients/graphql.ts";
import { operationOf, type RootField, rootFieldsOf } from "../../support/clients/root-fields.ts";
import { newAppBinding, PROVIDER, REDIRECT_URI, socialSettings } from "../../support/clients/social.ts";
import { argumentsWith, type Place, placesOf, type Sample } from "../../support/factories/arguments.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { CLIENT, viewerOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newEmail, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

/** Every argument of every root field, generated from the schema, so that later ones are covered. */

let app: TestApp;
let identityProvider: OidcProvider;
let fields: RootField[];
beforeAll(async () => {
  identityProvider = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  const social = socialSettings({ [PROVIDER]: identityProvider });
  app = await startTestApp({ settings: { PUBLIC_URL: "https://id.example.test", ...social } });
  fields = rootFieldsOf(app.app.schema).filter(({ kind }) => kind !== "subscription");
});
afterAll(async () => {
  await app.stop();
  await identityProvider.stop();
});

/** A user with an address of their own, so that no limit applies before the value is validated. */
const caller = async (...roles: "ADMIN"[]): Promise<SignedInUser> => {
  const actor = await createMember(app, await createTenant(app), ...roles);
  const client = app.client({ "x-forwarded-for": `2001:db8:${randomBytes(2).toString("hex")}::1` });
  client.accessToken = actor.client.accessToken;
  return { ...actor, client };
};

const GIVEN_UP = ["UNAUTHENTICATED", "RATE_LIMITED", "REAUTHENTICATION_REQUIRED"];

/**
 * The senders: an admin with only a password; one with an authenticator app, for fields that take a challenge; and one whose app
 * waits for its first code.
 */
type Sender = "admin" | "challenged" | "enrolling";
const senders = new Map<Sender, SignedInUser>();

const senderOf = (field: RootField): Sender => {
  if (field.name === "confirmTotp") return "enrolling";
  return takesChallenge(field) ? "challenged" : "admin";
};

/**
 * Sends it as an admin who is still signed in and within all limits, because such calls also end sessions. A refused call has
 * changed nothing, so the same admin continues; after any other call a new one is used.
 */
const attempt = async (field: RootField, place: Place, value: unknown): Promise<GraphQLAnswer<unknown>> => {
  // GraphQL refuses the value before any resolver runs, so no challenge has to be started for it.
  const sender = await senderNamed("admin");
  const plain = argumentsWith(field, sampleFor(sender, field, { at: place }), place, value);
  if (isCoercible(field, plain)) return attemptPrepared(field, place, value);
  const answer = await sender.client.send(operationOf(field), plain);
  const codes = new Set(answer.errors.map(({ extensions }) => extensions.code));
  expect(codes, `${field.name}(${place.path.join(".")})`).toEqual(new Set(["BAD_USER_INPUT"]));
  return answer;
};

const attemptPrepared = async (field: RootField, place: Place, value: unknown): Promise<GraphQLAnswer<unknown>> => {
  const kind = senderOf(field);
  const send = async (): Promise<GraphQLAnswer<unknown>> => {
    const actor = await senderNamed(kind);
    const args = argumentsWith(field, await rightFor(actor, field, place), place, value);
    const answer = await actor.client.send(operationOf(field), args);
    if (field.kind === "mutation" && answer.errors.length === 0) senders.delete(kind);
    return answer;
  };
  const isGivenUp = ({ errors }: GraphQLAnswer<unknown>) =>
    errors.some(({ extensions }) => GIVEN_UP.includes(extensions.code));
  // Starting the challenge has limits, too.
  const first = await send().catch((error: unknown) => {
    if (error instanceof AppError && GIVEN_UP.includes(error.code)) return null;
    throw error;
  });
  if (first && !isGivenUp(first)) return first;
  senders.delete(kind);
  return send();
};

const senderNamed = async (kind: Sender): Promise<SignedInUser> => {
  const sender = senders.get(kind) ?? (await caller("ADMIN"));
  senders.set(kind, sender);
  return sender;
};

/** Whether GraphQL accepts these arguments for the types that the field declares. */
const isCoercible = ({ field }: RootField, args: Readonly<Record<string, unknown>>): boolean => {
  const sent = JSON.parse(JSON.stringify(args)) as Record<string, unknown>;
  let faults = 0;
  for (const { name, type } of field.args) if (name in sent) coerceInputValue(sent[name], type, () => void faults++);
  return faults === 0;
};

/** Ids of the actors that already have an authenticator app. */
const protectedActors = new Set<string>();

/** Starts what the field finishes or confirms, as the actor: a pending app, a passkey, a login with all its codes. */
const challengeFor = async (actor: SignedInUser, { name }: RootField): Promise<string> => {
  const { db, emailCodes, passkeys, totp, users } = app.app;
  if (name === "finishPasskeyRegistration")
    return (await passkeys.startRegistration(await viewerOf(app, actor))).challenge;
  if (name === "reauthenticate") return (await app.app.passkeyLogin.start(null)).challenge;
  if (name === "confirmTotp" || name.startsWith("verify")) {
    if (!protectedActors.has(actor.id)) {
      const { secret } = await totp.enable(await viewerOf(app, actor));
      if (name === "confirmTotp") return "";
      await totp.confirm(await viewerOf(app, actor), CLIENT, new AuthenticatorApp(secret).code(app.clock.now()));
      protectedActors.add(actor.id);
    }
  }
  const { id, token } = await beginChallenge(app, actor);
  const user = await users.get(actor.id as UserId);
  if (name === "verifyEmailCode")
    await db.transaction((tx) => emailCodes.sendForLogin(tx, { user, subject: id, client: CLIENT }));
  return token;
};

/** An authorization request that an app has started, with the provider's callback parameters; the code is invalid. */
const visitOf = async (): Promise<Readonly<Record<string, string>>> => {
  const { codeVerifier, codeChallenge } = newAppBinding();
  const binding = { kind: "APP", challenge: codeChallenge } as const;
  const visit = { provider: PROVIDER, redirectUri: REDIRECT_URI, transport: "BODY", binding } as const;
  const { state } = await app.app.authorizationRequests.start(visit);
  return { state, codeVerifier, iss: identityProvider.issuer };
};

const ABOUT_A_VISIT: Readonly<Record<string, string>> = {
  provider: PROVIDER,
  redirectUri: REDIRECT_URI,
  codeChallenge: newAppBinding().codeChallenge,
};

const takesChallenge = (field: RootField): boolean =>
  placesOf(field).some(({ path }) => /^(challenge|code)$/.test(path.at(-1) ?? ""));

/** Values with which a call gets as far as the value under test. */
const rightFor = async (actor: SignedInUser, field: RootField, at?: Place): Promise<Sample> => {
  const challenge = takesChallenge(field) ? await challengeFor(actor, field) : null;
  const visit = placesOf(field).some(({ path }) => path.at(-1) === "state") ? await visitOf() : ABOUT_A_VISIT;
  return sampleFor(actor, field, { at, challenge, visit });
};

interface Begun {
  readonly at?: Place | undefined;
  readonly challenge?: string | null;
  readonly visit?: Readonly<Record<string, string>>;
}

/** Values of the right types; for challenges that have to be started first, the given ones. */
const sampleFor = (
  actor: SignedInUser,
  field: RootField,
  { at, challenge = "sample", visit = ABOUT_A_VISIT }: Begun = {},
): Sample => {
  return ({ path, type }) => {
    const name = path.at(-1) ?? "";
    // A tenant has an SAP system only if that is under test.
    if (path.includes("sapSystem") && !at?.path.includes("sapSystem")) return undefined;
    if (/Social/.test(field.name) && visit[name] !== undefined) return visit[name];
    // Refused, but only after everything else was validated.
    if (type === "URL") return "http://10.0.0.1:1/";
    if (name === "challenge") return challenge;
    if (type === "JSONObject") return {};
    if (type === "EmailAddress") return newEmail();
    if (type === "ID") return actor.id;
    if (type === "Int") return 10;
    if (type === "Boolean") return false;
    if (name === "identifier") return actor.email;
    if (/^(password|currentPassword)$/.test(name)) return actor.password;
    if (name === "newPassword") return newPassword();
    if (name === "username") return `u${randomBytes(6).toString("hex")}`;
    if (name === "ipAddress") return "198.51.100.7";
    if (name === "locale") return "en";
    // Cursors, device tokens, tenants and the like may be left out; a required token gets an unknown value.
    return /^(after|deviceToken|tenant)$/.test(name) ? undefined : "sample";
  };
};

const expectTyped = ({ errors, status }: GraphQLAnswer<unknown>, { field }: RootField, what: string): void => {
  expect(status, what).toBeLessThan(500);
  for (const { extensions } of errors) {
    expect(Object.keys(ERROR_STATUS), what).toContain(extensions.code);
    expect(extensions.status, `${what}: ${extensions.code}`).toBeLessThan(500);
    // All invalid fields are in one error, and their paths begin with the argument: `input.reason`, never `reason`.
    const named = (extensions.fields ?? []).map(({ path }) => path.split(/[.[]/)[0]);
    expect(
      field.args.map(({ name }) => name),
      `${what}: ${named.join()}`,
    ).toEqual(expect.arrayContaining(named));
  }
};

const TEXTS = {
  nothing: "",
  blank: " \t\n",
  NUL: "a\0b",
  "a lone high surrogate": "\ud83d",
  "a lone low surrogate": "a\ude00",
  "surrogates in the wrong order": "\ude00\ud83d",
  "a right-to-left override": "\u202egnp.exe",
  "a family": "👩‍👩‍👧‍👦",
  "ten thousand characters": "x".repeat(10_000),
  "ten thousand characters of four bytes": "🂡".repeat(10_000),
  "a thousand accents": `e${"\u0301".repeat(1_000)}`,
  "a noncharacter": "\ufffe\uffff\u{10ffff}",
  "a prototype": "__proto__",
  "a constructor": "constructor",
  "CR and LF": "a\r\nBcc: everybody@example.com",
  SQL: "'; drop table users; --",
  "a pattern": "%_\\",
  "a template": "{{constructor.constructor('return 1')()}}",
  HTML: '"><script>alert(1)</script>',
  "an address": "victim@example.com\u2028",
  "a path": "../../../../etc/passwd",
  "a number": "1e999",
} as const;

describe("any text", () => {
  it.each(Object.entries(TEXTS))(
    "in any argument is accepted or refused, and is never an internal error: %s",
    async (name, text) => {
      for (const field of fields) {
        for (const place of placesOf(field).filter(({ type }) =>
          ["String", "EmailAddress", "ID", "URL"].includes(type),
        ))
          expectTyped(await attempt(field, place, text), field, `${name} in ${field.name}(${place.path.join(".")})`);
      }
    },
  );

  it("that was accepted is returned unchanged", async () => {
    for (const name of [
      "👩‍👩‍👧‍👦",
      "gnp.exe",
      "Zoë Ångström",
      "李小龍",
      "__proto__",
      "'; drop table users; --",
      "<b>Bob</b>",
    ]) {
      const { client } = await caller();
      const { updateProfile } = await client.ask(
        "mutation ($name: String) { updateProfile(input: { name: $name }) { user { name } } }",
        { name },
      );
      expect(updateProfile.user.name).toBe(name);
    }
  });

  it("does not make mails or jobs fail either", async () => {
    const waiting = () => app.app.db.execute("select last_error from graphile_worker._private_jobs");
    await expect.poll(waiting).toEqual([]);
    expect(app.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
    for (const mail of app.mail.all()) expect([...mail.headers.keys()]).not.toContain("bcc");
  });
});

describe("a value of another type", () => {
  const VALUES = [null, true, 7, -1, 2 ** 53, 1.5, [], {}, [["a"]], { a: { b: "c" } }];

  it.each(VALUES.map((value) => [JSON.stringify(value), value]))(
    "is refused, or accepted as what it is: %s",
    async (_, value) => {
      for (const field of fields)
        for (const place of placesOf(field)) {
          const answer = await attempt(field, place, value);
          expectTyped(answer, field, `${field.name}(${place.path.join(".")})`);
        }
    },
  );
});

describe("an unknown field", () => {
  const SLIPPED = {
    id: "00000000-0000-7000-8000-000000000000",
    userId: "00000000-0000-7000-8000-000000000000",
    tenantId: "00000000-0000-7000-8000-000000000000",
    role: "OPERATOR",
    roles: ["OPERATOR"],
    status: "ACTIVE",
    emailVerified: true,
    passwordHash: "x",
    passwordResetRequired: false,
  };

  interface Refusal {
    readonly argument: string;
    /** Those of the names that the input does not have. */
    readonly slipped: readonly string[];
    readonly answer: GraphQLAnswer<unknown>;
  }

  /** Each input of each field, once with all of the names: each of several errors is reported. */
  let refusals: readonly Refusal[];
  beforeAll(async () => {
    const actor = await caller("ADMIN");
    const sent: Refusal[] = [];
    for (const field of fields)
      for (const { name: argument, type } of field.field.args) {
        const input = getNamedType(type);
        if (!isInputObjectType(input)) continue;
        const slipped = Object.entries(SLIPPED).filter(([name]) => !(name in input.getFields()));
        const args = argumentsWith(field, sampleFor(actor, field));
        const given = { ...args, [argument]: { ...(args[argument] as object), ...Object.fromEntries(slipped) } };
        const before = await snapshotOf(app, [actor]);
        const answer = await actor.client.send(operationOf(field), given);
        expect(await snapshotOf(app, [actor])).toEqual(before);
        sent.push({ argument: `${field.name}.${argument}`, slipped: slipped.map(([name]) => name), answer });
      }
    refusals = sent;
  });

  it.each(Object.keys(SLIPPED))("is refused in every input: %s", (name) => {
    const tried = refusals.filter(({ slipped }) => slipped.includes(name));
    for (const { argument, answer } of tried) {
      expect(answer.data, argument).toBeNull();
      for (const { extensions } of answer.errors)
        expect(extensions, argument).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
      const faults = answer.errors.flatMap(({ extensions }) => extensions.fields ?? []);
      expect(faults, argument).toContainEqual({
        path: `${argument.split(".")[1]}.${name}`,
        message: expect.stringContaining(`Field "${name}" is not defined by type`),
      });
    }
    expect(tried.length).toBeGreaterThan(8);
  });

  it("is refused as an argument, too", async () => {
    const { client } = await caller();
    const refusal = await client.refused(
      'mutation { updateProfile(input: { name: "a" }, userId: "x") { user { id } } }',
    );
    expect(refusal).toMatchObject({ code: "BAD_REQUEST", status: 400 });
  });
});
