import { eq } from "drizzle-orm";
import { expect } from "vitest";
import type { RequestSubject } from "../../../src/features/messaging/requests/named-requests.ts";
import { tenants } from "../../../src/features/tenants/index.ts";
import { type User, updateUser } from "../../../src/features/users/index.ts";
import type { UserId } from "../../../src/shared/ids.ts";
import {
  type Actor,
  LOGIN,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  register,
  signUp,
} from "../../support/actors.ts";
import type { TestApp } from "../../support/app.ts";
import { applyTo, employ, foundCompany, foundTenant } from "../../support/companies.ts";
import { resident } from "../../support/confirmations.ts";
import type { ServiceRequest } from "../../support/doors.ts";
import { enableTotp } from "../../support/factors.ts";

export interface Question extends Partial<ServiceRequest> {
  /** Who must be as before where the request is refused. */
  readonly person?: { readonly id: string };
}

export interface Case {
  readonly subject: RequestSubject;
  readonly title: string;
  /** Sets the stage, with people of its own, and answers what is asked then. */
  readonly given: (app: TestApp) => Promise<Question>;
  /** `data` or `error`, whatever the door. */
  readonly told: Readonly<Record<"data" | "error", object>> | { readonly data: object } | { readonly error: object };
  /** A refusal that ends something. */
  readonly changes?: true;
}

const DELETE_SESSION = "mutation ($id: ID!) { deleteSession(id: $id) { session { endReason } } }";
const SUCCESS = { data: { __typename: "LoginSuccess" } };
const UNAUTHENTICATED = { error: { code: "UNAUTHENTICATED", status: 401 } };
const INVALID_CREDENTIALS = { error: { code: "INVALID_CREDENTIALS", status: 401 } };
const INVALID_REFRESH_TOKEN = { error: { code: "INVALID_REFRESH_TOKEN", status: 401 } };
const badInput = (...paths: readonly string[]) => ({
  error: { code: "BAD_USER_INPUT", status: 400, fields: paths.map((path) => expect.objectContaining({ path })) },
});
const forbidden = (reason: string) => ({ error: { code: "FORBIDDEN", status: 403, reason } });
const invalid = (reason: string) => ({ data: { valid: false, reason, claims: null } });

const logInAs = ({ email, password }: Pick<Actor, "email" | "password">, more: object = {}) => ({
  input: { identifier: email, password, ...more },
});
const tokenOf = ({ client }: Pick<Actor, "client">): string => client.accessToken ?? "";
const signedIn = (person: Actor, input?: object): Question => ({
  person,
  accessToken: tokenOf(person),
  ...(input && { input }),
});

/** Somebody with an account in this state. */
const somebody = async (
  app: TestApp,
  traits: Partial<Pick<User, "status" | "passwordResetRequired">>,
): Promise<Actor> => {
  const alice = await signUp(app);
  await app.app.sessions.changing(alice.id as UserId, (tx) => updateUser(tx, alice.id as UserId, traits));
  return alice;
};

const validations: readonly Omit<Case, "subject">[] = [
  {
    title: "a token of a live session: its claims",
    given: async (app) => ({ input: { token: tokenOf(await signUp(app)) } }),
    told: { data: { valid: true, reason: null, claims: { role: "USER", roles: ["USER"] } } },
  },
  {
    title: "a token of a session that was deleted a moment ago",
    given: async (app) => {
      const alice = await signUp(app);
      const phone = app.client();
      const { session } = await logIn(phone, alice.email, alice.password);
      await alice.client.ask(DELETE_SESSION, { id: session.id });
      return { input: { token: phone.accessToken } };
    },
    told: invalid("REVOKED"),
  },
  {
    title: "a token whose time is over",
    given: async (app) => {
      const token = tokenOf(await signUp(app));
      app.clock.advance(901_000);
      return { input: { token } };
    },
    told: invalid("EXPIRED"),
  },
  {
    title: "a token with another's signature",
    given: async (app) => {
      const [alice, bob] = [tokenOf(await signUp(app)), tokenOf(await signUp(app, { name: "bob" }))];
      return { input: { token: [...alice.split(".").slice(0, 2), bob.split(".")[2]].join(".") } };
    },
    told: invalid("BAD_SIGNATURE"),
  },
  { title: "what is no token", given: async () => ({ input: { token: "x" } }), told: invalid("MALFORMED") },
  { title: "no token", given: async () => ({ input: {} }), told: badInput("input.token") },
  { title: "null", given: async () => ({ input: { token: null } }), told: badInput("input.token") },
  { title: "a number", given: async () => ({ input: { token: 7 } }), told: badInput("input.token") },
  { title: "what is not text", given: async () => ({ input: { token: "a\0b" } }), told: badInput("input.token") },
];

const logins: readonly Omit<Case, "subject">[] = [
  {
    title: "the right password: tokens, user, session",
    given: async (app) => logInAs(await signUp(app)),
    told: { data: { ...SUCCESS.data, tokens: { tokenType: "Bearer", expiresIn: 900 }, mfaRecommended: true } },
  },
  {
    title: "a device that is known by its token",
    given: async (app) => {
      const alice = await signUp(app);
      return logInAs(alice, { deviceToken: alice.client.deviceToken, deviceName: "Kiosk in the hall" });
    },
    told: { data: { ...SUCCESS.data, session: { device: { label: "Kiosk in the hall" } } } },
  },
  {
    title: "one session more than the tenant allows: which one ended",
    given: async (app) => logInAs(await employ(app, await foundTenant(app, "Small", { maxSessions: 1 }))),
    told: { data: { ...SUCCESS.data, evictedSessions: [{ ipAddress: "127.0.0.1" }] } },
  },
  {
    title: "an account with an authenticator app: a second factor",
    given: async (app) => {
      const alice = await signUp(app);
      await enableTotp(app, alice);
      return logInAs(alice);
    },
    told: { data: { __typename: "SecondFactorRequired", preferredFactor: "TOTP", reason: "SECOND_FACTOR_ENABLED" } },
  },
  {
    title: "a new device far from home: a confirmation",
    given: async (app) => logInAs(await resident(app, await foundTenant(app))),
    told: { data: { __typename: "LoginConfirmationRequired", challenge: expect.any(String) } },
  },
  {
    title: "a wrong password",
    given: async (app) => {
      const person = await signUp(app);
      return { person, ...logInAs({ ...person, password: newPassword() }) };
    },
    told: INVALID_CREDENTIALS,
  },
  {
    title: "somebody whom nobody knows",
    given: async () => logInAs({ email: newEmail(), password: newPassword() }),
    told: INVALID_CREDENTIALS,
  },
  {
    title: "the sixth guess: locked, and for how long",
    given: async (app) => {
      const person = await signUp(app);
      const client = { ipAddress: newAddress() };
      const guesser = app.client({ "x-forwarded-for": client.ipAddress });
      for (let guess = 0; guess < 5; guess++)
        await guesser.refused(LOGIN, { input: { identifier: person.email, password: newPassword() } });
      return { person, client, ...logInAs(person) };
    },
    told: { error: { code: "RATE_LIMITED", status: 429, reason: "ACCOUNT_LOCKED", retryAfter: expect.any(Number) } },
  },
  {
    title: "an address that is not proved",
    given: async (app) => {
      const person = { email: newEmail(), password: newPassword() };
      await register(app, person);
      return logInAs(person);
    },
    told: forbidden("EMAIL_NOT_VERIFIED"),
  },
  {
    title: "a registration that waits for its approval",
    given: async (app) => {
      const person = { email: newEmail(), password: newPassword() };
      await applyTo(app, await foundTenant(app, "Careful", { registration: "APPROVAL" }), person);
      return logInAs(person);
    },
    told: forbidden("APPROVAL_PENDING"),
  },
  {
    title: "a suspended account",
    given: async (app) => {
      const person = await somebody(app, { status: "SUSPENDED" });
      return { person, ...logInAs(person) };
    },
    told: forbidden("ACCOUNT_SUSPENDED"),
  },
  {
    title: "a password that must be reset",
    given: async (app) => {
      const person = await somebody(app, { passwordResetRequired: true });
      return { person, ...logInAs(person) };
    },
    told: forbidden("PASSWORD_RESET_REQUIRED"),
  },
  {
    title: "a suspended tenant",
    given: async (app) => {
      const { tenant, bob } = await foundCompany(app);
      await app.app.sessions.changing(bob.id as UserId, (tx) =>
        tx.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id)),
      );
      return { person: bob, ...logInAs(bob) };
    },
    told: forbidden("TENANT_SUSPENDED"),
  },
  { title: "no input", given: async () => ({}), told: badInput("input") },
  {
    title: "an input that is a list",
    given: async () => ({ input: [] }),
    told: badInput("input"),
  },
  {
    title: "fields that are missing, wrong and unknown: all of them",
    given: async () => ({ input: { identifier: 7, role: "ADMIN" } }),
    told: badInput("input.identifier", "input.password", "input.role"),
  },
  {
    title: "half of a character",
    given: async () => ({ input: { identifier: "ada\ud800", password: newPassword() } }),
    told: badInput("input.identifier"),
  },
  {
    title: "a device name of two lines",
    given: async (app) => {
      const person = await signUp(app);
      return { person, ...logInAs(person, { deviceName: "a\nb" }) };
    },
    told: badInput("input.deviceName"),
  },
];

const refreshes: readonly Omit<Case, "subject">[] = [
  {
    title: "the newest token: the next pair",
    given: async (app) => ({ input: { refreshToken: (await signUp(app)).client.refreshToken } }),
    told: { data: { tokenType: "Bearer", expiresIn: 900, refreshToken: expect.stringMatching(/^pcr_/) } },
  },
  {
    title: "a token just spent: its successor again",
    given: async (app) => {
      const { refreshToken } = (await signUp(app)).client;
      await app.client().ask(REFRESH, { token: refreshToken });
      return { input: { refreshToken } };
    },
    told: { data: { refreshToken: expect.stringMatching(/^pcr_/) } },
  },
  {
    title: "a token spent long ago: theft",
    given: async (app) => {
      const alice = await signUp(app);
      const { refreshToken } = alice.client;
      await alice.client.ask(REFRESH, { token: refreshToken });
      app.clock.advance(10_000);
      return { person: alice, input: { refreshToken } };
    },
    told: { error: { ...INVALID_REFRESH_TOKEN.error, reason: "TOKEN_REUSED" } },
    changes: true,
  },
  {
    title: "a token of a session that has ended",
    given: async (app) => {
      const person = await signUp(app);
      const { refreshToken } = person.client;
      await person.client.ask("mutation { logout { endedSessions } }");
      return { person, input: { refreshToken } };
    },
    told: INVALID_REFRESH_TOKEN,
  },
  { title: "what is no token", given: async () => ({ input: { refreshToken: "x" } }), told: INVALID_REFRESH_TOKEN },
  {
    title: "an access token in its place",
    given: async (app) => {
      const person = await signUp(app);
      return { person, input: { refreshToken: tokenOf(person) } };
    },
    told: INVALID_REFRESH_TOKEN,
  },
  { title: "no token", given: async () => ({ input: {} }), told: INVALID_REFRESH_TOKEN },
  { title: "no input", given: async () => ({}), told: INVALID_REFRESH_TOKEN },
  { title: "a number", given: async () => ({ input: { refreshToken: 7 } }), told: badInput("input.refreshToken") },
];

/** Both fields that end sessions refuse the same. */
const strangers: readonly Omit<Case, "subject">[] = [
  { title: "nobody", given: async () => ({}), told: UNAUTHENTICATED },
  { title: "what is no access token", given: async () => ({ accessToken: "x" }), told: UNAUTHENTICATED },
  {
    title: "a token of a session that has ended",
    given: async (app) => {
      const person = await signUp(app);
      await person.client.ask("mutation { logout { endedSessions } }");
      return signedIn(person);
    },
    told: UNAUTHENTICATED,
  },
  {
    title: "a refresh token in its place",
    given: async (app) => {
      const person = await signUp(app);
      return { person, accessToken: person.client.refreshToken };
    },
    told: UNAUTHENTICATED,
  },
];

const endings = (endedSessions: number): readonly Omit<Case, "subject">[] => [
  {
    title: `somebody with two sessions: ${endedSessions}`,
    given: async (app) => {
      const alice = await signUp(app);
      await logIn(app.client(), alice.email, alice.password);
      return signedIn(alice);
    },
    told: { data: { endedSessions } },
  },
  ...strangers,
];

const changes: readonly Omit<Case, "subject">[] = [
  {
    title: "the right password and a new one: all sessions ended",
    given: async (app) => {
      const alice = await signUp(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword() });
    },
    told: { data: { endedSessions: 1 } },
  },
  {
    title: "the sessions to be left",
    given: async (app) => {
      const alice = await signUp(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword(), logout: "NONE" });
    },
    told: { data: { endedSessions: 0 } },
  },
  {
    title: "a wrong password",
    given: async (app) => signedIn(await signUp(app), { currentPassword: newPassword(), newPassword: newPassword() }),
    told: forbidden("INCORRECT_PASSWORD"),
  },
  {
    title: "the same password again",
    given: async (app) => {
      const alice = await signUp(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: alice.password });
    },
    told: { error: { code: "BAD_REQUEST", status: 400, reason: "SAME_PASSWORD" } },
  },
  {
    title: "a weak password: which rule it breaks",
    given: async (app) => {
      const alice = await signUp(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: "password" });
    },
    told: { error: { code: "BAD_REQUEST", reason: "WEAK_PASSWORD", fields: [{ path: "input.newPassword" }] } },
  },
  {
    title: "a scope that there is not",
    given: async (app) => {
      const alice = await signUp(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword(), logout: "SOME" });
    },
    told: badInput("input.logout"),
  },
  {
    title: "nobody",
    given: async () => ({ input: { currentPassword: newPassword(), newPassword: newPassword() } }),
    told: UNAUTHENTICATED,
  },
];

const registrations: readonly Omit<Case, "subject">[] = [
  {
    title: "a free address: prove it",
    given: async () => ({ input: { email: newEmail(), password: newPassword(), name: "Ada" } }),
    told: { data: { next: "VERIFY_EMAIL" } },
  },
  {
    title: "a taken address: the same",
    given: async (app) => ({ input: { email: (await signUp(app)).email, password: newPassword() } }),
    told: { data: { next: "VERIFY_EMAIL" } },
  },
  {
    title: "a tenant whose admins decide",
    given: async (app) => {
      const { slug: tenant } = await foundTenant(app, "Careful", { registration: "APPROVAL" });
      return { input: { tenant, email: newEmail(), password: newPassword() } };
    },
    told: { data: { next: "AWAIT_APPROVAL" } },
  },
  {
    title: "a tenant by invitation only",
    given: async (app) => {
      const { slug: tenant } = await foundTenant(app, "Closed", { registration: "INVITE_ONLY" });
      return { input: { tenant, email: newEmail(), password: newPassword() } };
    },
    told: { error: { code: "FORBIDDEN", status: 403 } },
  },
  {
    title: "a tenant that there is not",
    given: async () => ({ input: { tenant: "nobody-here", email: newEmail(), password: newPassword() } }),
    told: { error: { code: "NOT_FOUND", status: 404 } },
  },
  {
    title: "a weak password",
    given: async () => ({ input: { email: newEmail(), password: "password" } }),
    told: { error: { code: "BAD_REQUEST", reason: "WEAK_PASSWORD" } },
  },
  {
    title: "what is no address",
    given: async () => ({ input: { email: "nobody", password: newPassword() } }),
    told: badInput("input.email"),
  },
  {
    title: "a role slipped in",
    given: async () => ({ input: { email: newEmail(), password: newPassword(), roles: ["ADMIN"] } }),
    told: badInput("input.roles"),
  },
  {
    title: "the eleventh of an hour from one address",
    given: async (app) => {
      const client = { ipAddress: newAddress() };
      const visitor = app.client({ "x-forwarded-for": client.ipAddress });
      for (let count = 0; count < 10; count++)
        await visitor.ask("mutation ($input: RegisterInput!) { register(input: $input) { next } }", {
          input: { email: newEmail(), password: newPassword() },
        });
      return { client, input: { email: newEmail(), password: newPassword() } };
    },
    told: { error: { code: "RATE_LIMITED", status: 429, retryAfter: expect.any(Number) } },
  },
];

/** What is asked of each subject, and what the answer is, by whichever door. */
export const CASES: readonly Case[] = Object.entries({
  "auth.validate": validations,
  "auth.login": logins,
  "auth.refresh": refreshes,
  "auth.logout": endings(1),
  "auth.logout_all": endings(2),
  "auth.change_password": changes,
  "auth.register": registrations,
} satisfies Record<RequestSubject, readonly Omit<Case, "subject">[]>).flatMap(([subject, cases]) =>
  cases.map((each) => ({ ...each, subject: subject as RequestSubject })),
);
