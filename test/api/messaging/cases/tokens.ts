import { expect } from "vitest";
import { createUser } from "../../../support/factories/tenants.ts";
import { logIn, REFRESH } from "../../../support/factories/users.ts";
import { badInput, type Case, tokenOf } from "./case.ts";

const DELETE_SESSION = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { endReason } } }";
const INVALID_REFRESH_TOKEN = { error: { code: "INVALID_REFRESH_TOKEN", status: 401 } };
const invalid = (reason: string) => ({ data: { valid: false, reason, claims: null } });

export const validations: readonly Case[] = [
  {
    title: "a token of a live session: its claims",
    given: async (app) => ({ input: { token: tokenOf(await createUser(app)) } }),
    told: { data: { valid: true, reason: null, claims: { role: "MEMBER", roles: ["MEMBER"] } } },
  },
  {
    title: "a token of a session that was just deleted",
    given: async (app) => {
      const alice = await createUser(app);
      const phone = app.client();
      const { session } = await logIn(phone, alice.email, alice.password);
      await alice.client.ask(DELETE_SESSION, { id: session.id });
      return { input: { token: phone.accessToken } };
    },
    told: invalid("REVOKED"),
  },
  {
    title: "an expired token",
    given: async (app) => {
      const token = tokenOf(await createUser(app));
      app.clock.advance(901_000);
      return { input: { token } };
    },
    told: invalid("EXPIRED"),
  },
  {
    title: "a token with another token's signature",
    given: async (app) => {
      const [alice, bob] = [tokenOf(await createUser(app)), tokenOf(await createUser(app, { name: "bob" }))];
      return { input: { token: [...alice.split(".").slice(0, 2), bob.split(".")[2]].join(".") } };
    },
    told: invalid("BAD_SIGNATURE"),
  },
  { title: "an invalid token", given: async () => ({ input: { token: "x" } }), told: invalid("MALFORMED") },
  { title: "no token", given: async () => ({ input: {} }), told: badInput("input.token") },
  { title: "null", given: async () => ({ input: { token: null } }), told: badInput("input.token") },
  { title: "a number", given: async () => ({ input: { token: 7 } }), told: badInput("input.token") },
  {
    title: "a value that is not text",
    given: async () => ({ input: { token: "a\0b" } }),
    told: badInput("input.token"),
  },
];

export const refreshes: readonly Case[] = [
  {
    title: "the newest token: the next pair",
    given: async (app) => ({ input: { refreshToken: (await createUser(app)).client.refreshToken } }),
    told: {
      data: { tokens: { tokenType: "Bearer", expiresIn: 900, refreshToken: expect.stringMatching(/^pcr_/) } },
    },
  },
  {
    title: "a token that was just used: its successor again",
    given: async (app) => {
      const { refreshToken } = (await createUser(app)).client;
      await app.client().ask(REFRESH, { token: refreshToken });
      return { input: { refreshToken } };
    },
    told: { data: { tokens: { refreshToken: expect.stringMatching(/^pcr_/) } } },
  },
  {
    title: "a token that was used long ago: theft",
    given: async (app) => {
      const alice = await createUser(app);
      const { refreshToken } = alice.client;
      await alice.client.ask(REFRESH, { token: refreshToken });
      app.clock.advance(10_000);
      return { person: alice, input: { refreshToken } };
    },
    told: { error: { ...INVALID_REFRESH_TOKEN.error, reason: "TOKEN_REUSED", endReason: "TOKEN_REUSED" } },
    changes: true,
  },
  {
    title: "a token of a session that has ended",
    given: async (app) => {
      const person = await createUser(app);
      const { refreshToken } = person.client;
      await person.client.ask("mutation { logout { endedSessionId } }");
      return { person, input: { refreshToken } };
    },
    told: { error: { ...INVALID_REFRESH_TOKEN.error, endReason: "LOGGED_OUT" } },
  },
  { title: "an invalid token", given: async () => ({ input: { refreshToken: "x" } }), told: INVALID_REFRESH_TOKEN },
  {
    title: "an access token instead of the refresh token",
    given: async (app) => {
      const person = await createUser(app);
      return { person, input: { refreshToken: tokenOf(person) } };
    },
    told: INVALID_REFRESH_TOKEN,
  },
  { title: "no token", given: async () => ({ input: {} }), told: INVALID_REFRESH_TOKEN },
  { title: "no input", given: async () => ({}), told: INVALID_REFRESH_TOKEN },
  { title: "a number", given: async () => ({ input: { refreshToken: 7 } }), told: badInput("input.refreshToken") },
];
