import { expect } from "vitest";
import { endedSessions } from "../../../support/factories/session-ends.ts";
import { createTenant, createUser } from "../../../support/factories/tenants.ts";
import { logIn, newAddress, newEmail, newPassword } from "../../../support/factories/users.ts";
import { badInput, type Case, forbidden, signedIn, UNAUTHENTICATED } from "./case.ts";

/** Both fields that end sessions have the same refusals. */
export const strangers: readonly Case[] = [
  { title: "a request without a token", given: async () => ({}), told: UNAUTHENTICATED },
  { title: "an invalid access token", given: async () => ({ accessToken: "x" }), told: UNAUTHENTICATED },
  {
    title: "a token of a session that has ended",
    given: async (app) => {
      const person = await createUser(app);
      await person.client.ask("mutation { logout { endedSessionId } }");
      return signedIn(person);
    },
    told: UNAUTHENTICATED,
  },
  {
    title: "a refresh token instead of the access token",
    given: async (app) => {
      const person = await createUser(app);
      return { person, accessToken: person.client.refreshToken };
    },
    told: UNAUTHENTICATED,
  },
];

/** The field with this response ends the sessions of its caller. */
export const endings = (sessions: number, ended: object): readonly Case[] => [
  {
    title: `a user with two sessions: ${sessions}`,
    given: async (app) => {
      const alice = await createUser(app);
      await logIn(app.client(), alice.email, alice.password);
      return signedIn(alice);
    },
    told: { data: ended },
  },
  ...strangers,
];

export const changes: readonly Case[] = [
  {
    title: "the right password and a new one: all sessions ended",
    given: async (app) => {
      const alice = await createUser(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword() });
    },
    told: { data: { endedSessions: endedSessions(1) } },
  },
  {
    title: "a request to keep the sessions",
    given: async (app) => {
      const alice = await createUser(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword(), logout: "NONE" });
    },
    told: { data: { endedSessions: [] } },
  },
  {
    title: "a wrong password",
    given: async (app) =>
      signedIn(await createUser(app), { currentPassword: newPassword(), newPassword: newPassword() }),
    told: forbidden("INCORRECT_PASSWORD"),
  },
  {
    title: "the same password again",
    given: async (app) => {
      const alice = await createUser(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: alice.password });
    },
    told: { error: { code: "BAD_REQUEST", status: 400, reason: "SAME_PASSWORD" } },
  },
  {
    title: "a weak password: with the rule it breaks",
    given: async (app) => {
      const alice = await createUser(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: "password" });
    },
    told: { error: { code: "BAD_REQUEST", reason: "WEAK_PASSWORD", fields: [{ path: "input.newPassword" }] } },
  },
  {
    title: "an unknown scope",
    given: async (app) => {
      const alice = await createUser(app);
      return signedIn(alice, { currentPassword: alice.password, newPassword: newPassword(), logout: "SOME" });
    },
    told: badInput("input.logout"),
  },
  {
    title: "a request without a token",
    given: async () => ({ input: { currentPassword: newPassword(), newPassword: newPassword() } }),
    told: UNAUTHENTICATED,
  },
];

export const registrations: readonly Case[] = [
  {
    title: "a free address: verification required",
    given: async () => ({ input: { email: newEmail(), password: newPassword(), name: "Ada" } }),
    told: { data: { next: "VERIFY_EMAIL", challenge: expect.any(String) } },
  },
  {
    title: "a taken address: the same",
    given: async (app) => ({ input: { email: (await createUser(app)).email, password: newPassword() } }),
    told: { data: { next: "VERIFY_EMAIL", challenge: expect.any(String) } },
  },
  {
    title: "a tenant whose admins decide",
    given: async (app) => {
      const { slug: tenant } = await createTenant(app, "Careful", { registration: "APPROVAL" });
      return { input: { tenant, email: newEmail(), password: newPassword() } };
    },
    told: { data: { next: "AWAIT_APPROVAL" } },
  },
  {
    title: "a tenant with registration by invitation only",
    given: async (app) => {
      const { slug: tenant } = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
      return { input: { tenant, email: newEmail(), password: newPassword() } };
    },
    told: { error: { code: "FORBIDDEN", status: 403 } },
  },
  {
    title: "an unknown tenant",
    given: async () => ({ input: { tenant: "nobody-here", email: newEmail(), password: newPassword() } }),
    told: { error: { code: "NOT_FOUND", status: 404 } },
  },
  {
    title: "a weak password",
    given: async () => ({ input: { email: newEmail(), password: "password" } }),
    told: { error: { code: "BAD_REQUEST", reason: "WEAK_PASSWORD" } },
  },
  {
    title: "an invalid address",
    given: async () => ({ input: { email: "nobody", password: newPassword() } }),
    told: badInput("input.email"),
  },
  {
    title: "an additional role",
    given: async () => ({ input: { email: newEmail(), password: newPassword(), roles: ["ADMIN"] } }),
    told: badInput("input.roles"),
  },
  {
    title: "the eleventh request in an hour from one address",
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
