import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { tenants } from "#features/tenants/index";
import { type User, updateUser } from "#features/users/index";
import type { UserId } from "#shared/ids";
import { userWithHistory } from "../../../support/clients/confirmations.ts";
import { enableTotp } from "../../../support/clients/factors.ts";
import { CLIENT } from "../../../support/factories/stored-users.ts";
import {
  createMember,
  createTenant,
  createTenantWithUsers,
  createUser,
  submitRegistration,
} from "../../../support/factories/tenants.ts";
import {
  LOGIN,
  newAddress,
  newEmail,
  newPassword,
  register,
  type SignedInUser,
} from "../../../support/factories/users.ts";
import type { TestApp } from "../../../support/servers/app.ts";
import { badInput, type Case, forbidden, logInAs } from "./case.ts";

const SUCCESS = { data: { __typename: "LoginSuccess" } };
const INVALID_CREDENTIALS = { error: { code: "INVALID_CREDENTIALS", status: 401 } };

/** A user whose account is in this state. */
const anyUser = async (
  app: TestApp,
  traits: Partial<Pick<User, "status" | "passwordResetRequired">>,
): Promise<SignedInUser> => {
  const alice = await createUser(app);
  await app.app.sessions.withSessionInvalidation(alice.id as UserId, (tx) =>
    updateUser(tx, alice.id as UserId, traits),
  );
  return alice;
};

export const logins: readonly Case[] = [
  {
    title: "the right password: tokens, user, session",
    given: async (app) => logInAs(await createUser(app)),
    told: { data: { ...SUCCESS.data, tokens: { tokenType: "Bearer", expiresIn: 900 }, mfaRecommended: true } },
  },
  {
    title: "a device that is recognised by its token",
    given: async (app) => {
      const alice = await createUser(app);
      return logInAs(alice, { deviceToken: alice.client.deviceToken, deviceName: "Kiosk in the hall" });
    },
    told: { data: { ...SUCCESS.data, session: { device: { label: "Kiosk in the hall" } } } },
  },
  {
    title: "one session more than the tenant allows: with the one that ended",
    given: async (app) => logInAs(await createMember(app, await createTenant(app, "Small", { maxSessions: 1 }))),
    told: { data: { ...SUCCESS.data, evictedSessions: [{ ipAddress: CLIENT.ipAddress }] } },
  },
  {
    title: "an account with an authenticator app: a second factor",
    given: async (app) => {
      const alice = await createUser(app);
      await enableTotp(app, alice);
      return logInAs(alice);
    },
    told: { data: { __typename: "SecondFactorRequired", preferredFactor: "TOTP", reason: "SECOND_FACTOR_ENABLED" } },
  },
  {
    title: "a new device far from home: a confirmation",
    given: async (app) => logInAs(await userWithHistory(app, await createTenant(app))),
    told: {
      data: {
        __typename: "LoginConfirmationRequired",
        challenge: expect.any(String),
        number: expect.stringMatching(/^[1-9][0-9]$/),
      },
    },
  },
  {
    title: "a wrong password",
    given: async (app) => {
      const person = await createUser(app);
      return { person, ...logInAs({ ...person, password: newPassword() }) };
    },
    told: INVALID_CREDENTIALS,
  },
  {
    title: "an unknown identifier",
    given: async () => logInAs({ email: newEmail(), password: newPassword() }),
    told: INVALID_CREDENTIALS,
  },
  {
    title: "the sixth guess: locked, with the duration",
    given: async (app) => {
      const person = await createUser(app);
      const client = { ipAddress: newAddress() };
      const guesser = app.client({ "x-forwarded-for": client.ipAddress });
      for (let guess = 0; guess < 5; guess++)
        await guesser.refused(LOGIN, { input: { identifier: person.email, password: newPassword() } });
      return { person, client, ...logInAs(person) };
    },
    told: { error: { code: "RATE_LIMITED", status: 429, reason: "ACCOUNT_LOCKED", retryAfter: expect.any(Number) } },
  },
  {
    title: "an address that is not verified",
    given: async (app) => {
      const person = { email: newEmail(), password: newPassword() };
      await register(app, person);
      return logInAs(person);
    },
    told: INVALID_CREDENTIALS,
  },
  {
    title: "a registration that waits for its approval",
    given: async (app) => {
      const person = { email: newEmail(), password: newPassword() };
      await submitRegistration(app, await createTenant(app, "Careful", { registration: "APPROVAL" }), person);
      return logInAs(person);
    },
    told: INVALID_CREDENTIALS,
  },
  {
    title: "a suspended account",
    given: async (app) => {
      const person = await anyUser(app, { status: "SUSPENDED" });
      return { person, ...logInAs(person) };
    },
    told: forbidden("ACCOUNT_SUSPENDED"),
  },
  {
    title: "a password that must be reset",
    given: async (app) => {
      const person = await anyUser(app, { passwordResetRequired: true });
      return { person, ...logInAs(person) };
    },
    told: forbidden("PASSWORD_RESET_REQUIRED"),
  },
  {
    title: "a suspended tenant",
    given: async (app) => {
      const { tenant, bob } = await createTenantWithUsers(app);
      await app.app.sessions.withSessionInvalidation(bob.id as UserId, (tx) =>
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
    title: "missing, invalid and unknown fields: all of them",
    given: async () => ({ input: { identifier: 7, role: "ADMIN" } }),
    told: badInput("input.identifier", "input.password", "input.role"),
  },
  {
    title: "a lone surrogate",
    given: async () => ({ input: { identifier: "ada\ud800", password: newPassword() } }),
    told: badInput("input.identifier"),
  },
  {
    title: "a device name with a line break",
    given: async (app) => {
      const person = await createUser(app);
      return { person, ...logInAs(person, { deviceName: "a\nb" }) };
    },
    told: badInput("input.deviceName"),
  },
];
