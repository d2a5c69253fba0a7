import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LinkPayload, LinkPurpose } from "../../src/features/links/index.ts";
import type { User } from "../../src/features/users/index.ts";
import { MINUTE } from "../../src/shared/durations.ts";
import type { ErrorCode, ErrorReason } from "../../src/shared/errors.ts";
import { ROLES } from "../../src/shared/roles.ts";
import { type Actor, newEmail, newPassword } from "../support/actors.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { addUser, employ, foundTenant } from "../support/companies.ts";
import type { GraphQLClient } from "../support/graphql.ts";
import { operationOf, rootFieldsOf } from "../support/operations.ts";
import { standingOf } from "../support/standing.ts";

/**
 * Who may call what. Each root field of the served schema has a row here: a new field without one fails, and so does a row
 * without a field. Every cell is a real call over HTTP by a fresh caller about a fresh person; what is refused must also
 * have changed nothing.
 */

const CALLERS = ["nobody", "user", "admin", "operator", "stale", "suspended", "ended", "stranger"] as const;
/**
 * `stale` is an admin whose proof of a credential is eleven minutes old. `suspended` and `ended` hold an access token that
 * has not expired, of a user who is suspended or a session that has ended. `stranger` is the admin of another tenant, who
 * names this tenant's ids.
 */
type Caller = (typeof CALLERS)[number];

type Outcome = "allowed" | ErrorCode | `${ErrorCode}/${ErrorReason}`;

interface Scene {
  readonly client: GraphQLClient;
  /** The caller, where it is somebody. */
  readonly caller: Actor | null;
  /** A user of the tenant of all callers but the stranger. */
  readonly victim: Actor;
}

type Row = Readonly<Record<Caller, Outcome>> & {
  /** Arguments that are right for everybody who is allowed. */
  readonly args?: (scene: Scene) => Record<string, unknown> | Promise<Record<string, unknown>>;
};

const everybody = (outcome: Outcome): Record<Caller, Outcome> =>
  Object.fromEntries(CALLERS.map((caller) => [caller, outcome])) as Record<Caller, Outcome>;

const PUBLIC = everybody("allowed");
const SIGNED_IN = {
  ...PUBLIC,
  nobody: "UNAUTHENTICATED",
  suspended: "UNAUTHENTICATED",
  ended: "UNAUTHENTICATED",
} as const satisfies Record<Caller, Outcome>;
const ADMINS = { ...SIGNED_IN, user: "FORBIDDEN/INSUFFICIENT_ROLE" } as const satisfies Record<Caller, Outcome>;
/** What needs a fresh proof. */
const PROVED = { stale: "REAUTHENTICATION_REQUIRED" } as const;
/** Admins, about somebody of their tenant. */
const ADMINS_OVER = { ...ADMINS, stranger: "NOT_FOUND" } as const satisfies Record<Caller, Outcome>;

const ownPassword = ({ caller }: Scene): string => caller?.password ?? newPassword();
const ofVictim = ({ victim }: Scene) => ({ userId: victim.id });

let app: TestApp;

const userOf = ({ id }: Actor): Promise<User> => app.app.users.get(id as User["id"]);

const newcomer = async (): Promise<User> =>
  addUser(app, await foundTenant(app), { status: "PENDING_VERIFICATION", emailVerified: false });

/** The token of a link as a mail would carry it. */
const linkOf = async (user: User, purpose: LinkPurpose, payload: LinkPayload = {}): Promise<string> => {
  const { db, links } = app.app;
  return links.tokenOf(await db.transaction((tx) => links.issue(tx, { user, purpose, payload, replaceOlder: false })));
};

const QUERIES: Readonly<Record<string, Row>> = {
  // Nobody else's, but for admins: `node` says null where the others say NOT_FOUND.
  node: { ...SIGNED_IN, args: ({ victim }) => ({ id: victim.id }) },
  me: SIGNED_IN,
  sessions: SIGNED_IN,
  session: {
    ...SIGNED_IN,
    user: "NOT_FOUND",
    stranger: "NOT_FOUND",
    args: ({ victim }) => ({ id: victim.sessionId }),
  },
  authSettings: PUBLIC,
  validateToken: { ...PUBLIC, args: ({ victim }) => ({ token: victim.client.accessToken }) },
  passwordResetToken: {
    ...PUBLIC,
    args: async ({ victim }) => ({ token: await linkOf(await userOf(victim), "reset-password") }),
  },
  securityEvents: { ...ADMINS_OVER, args: ofVictim },
  tenant: SIGNED_IN,
  allSessions: { ...ADMINS_OVER, args: ({ victim }) => ({ filter: { userId: victim.id } }) },
  users: ADMINS,
  user: { ...ADMINS_OVER, args: ({ victim }) => ({ id: victim.id }) },
  loginAttempts: { ...ADMINS_OVER, args: ({ victim }) => ({ filter: { userId: victim.id } }) },
};

const MUTATIONS: Readonly<Record<string, Row>> = {
  register: { ...PUBLIC, args: () => ({ input: { email: newEmail(), password: newPassword() } }) },
  resendVerificationEmail: { ...PUBLIC, args: () => ({ email: newEmail() }) },
  requestPasswordReset: { ...PUBLIC, args: () => ({ email: newEmail() }) },
  // The link of the mail is the proof, whoever follows it.
  verifyEmail: { ...PUBLIC, args: async () => ({ token: await linkOf(await newcomer(), "verify-email") }) },
  undoEmailChange: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      token: await linkOf(await userOf(victim), "undo-email-change", { email: newEmail() }),
    }),
  },
  resetPassword: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      input: { token: await linkOf(await userOf(victim), "reset-password"), newPassword: newPassword() },
    }),
  },
  login: {
    ...PUBLIC,
    args: ({ victim }) => ({ input: { identifier: victim.email, password: victim.password } }),
  },
  refreshToken: { ...PUBLIC, args: ({ victim }) => ({ input: { refreshToken: victim.client.refreshToken } }) },
  reauthenticate: { ...SIGNED_IN, args: (scene) => ({ input: { password: ownPassword(scene) } }) },
  logout: SIGNED_IN,
  logoutAll: SIGNED_IN,
  deleteSession: {
    ...SIGNED_IN,
    user: "FORBIDDEN/NOT_SESSION_OWNER",
    stranger: "NOT_FOUND",
    args: ({ victim }) => ({ id: victim.sessionId }),
  },
  changeUsername: {
    ...SIGNED_IN,
    args: (scene) => ({
      input: { username: `u${Math.random().toString(36).slice(2, 12)}`, password: ownPassword(scene) },
    }),
  },
  changePassword: {
    ...SIGNED_IN,
    args: (scene) => ({ input: { currentPassword: ownPassword(scene), newPassword: newPassword() } }),
  },
  changeEmail: { ...SIGNED_IN, ...PROVED, args: () => ({ input: { newEmail: newEmail() } }) },
  updateProfile: { ...SIGNED_IN, args: () => ({ input: { name: "Somebody Else" } }) },
  // A tenant with users keeps an admin.
  deleteAccount: {
    ...SIGNED_IN,
    admin: "CONFLICT",
    stale: "CONFLICT",
    args: (scene) => ({ input: { password: ownPassword(scene) } }),
  },
  setUserRoles: { ...ADMINS_OVER, ...PROVED, args: (scene) => ({ ...ofVictim(scene), roles: ["ADMIN"] }) },
  suspendUser: { ...ADMINS_OVER, args: ofVictim },
  reactivateUser: { ...ADMINS_OVER, args: ofVictim },
  revokeUserSessions: { ...ADMINS_OVER, args: ofVictim },
  requirePasswordReset: { ...ADMINS_OVER, args: ofVictim },
};

const ROWS: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  query: QUERIES,
  mutation: MUTATIONS,
  subscription: {},
};

const callerFor = async (kind: Caller): Promise<{ caller: Actor | null; victim: Actor }> => {
  const tenant = await foundTenant(app);
  const victim = await employ(app, tenant);
  const call = async (): Promise<Actor | null> => {
    switch (kind) {
      case "nobody":
        return null;
      case "user":
        return employ(app, tenant);
      case "admin":
        return employ(app, tenant, "ADMIN");
      case "operator":
        return employ(app, tenant, "OPERATOR");
      case "stranger":
        return employ(app, await foundTenant(app), "ADMIN");
      case "stale": {
        const admin = await employ(app, tenant, "ADMIN");
        app.clock.advance(11 * MINUTE);
        return admin;
      }
      case "suspended": {
        const [admin, user] = [await employ(app, tenant, "ADMIN"), await employ(app, tenant, "ADMIN")];
        await admin.client.ask("mutation ($id: ID!) { suspendUser(userId: $id) { user { id } } }", { id: user.id });
        return user;
      }
      case "ended": {
        const admin = await employ(app, tenant, "ADMIN");
        await admin.client.ask("mutation { logout { endedSessions } }");
        return admin;
      }
    }
  };
  return { caller: await call(), victim };
};

let visitors = 0;

const sceneOf = async (kind: Caller): Promise<Scene> => {
  const { caller, victim } = await callerFor(kind);
  // Each comes from an address of its own: what the limits count here is one call.
  const client = app.client({ "x-forwarded-for": `198.51.${Math.floor(visitors / 250)}.${(visitors++ % 250) + 1}` });
  client.accessToken = caller?.client.accessToken ?? null;
  return { client, caller, victim };
};

const outcomeOf = async (client: GraphQLClient, operation: string, args: Record<string, unknown>): Promise<string> => {
  const { data, errors } = await client.send(operation, args);
  const [error] = errors;
  if (!error) return data === null ? "no answer" : "allowed";
  const { code, reason } = error.extensions;
  return reason === undefined ? code : `${code}/${reason}`;
};

describe("access", () => {
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it("has a row for every root field, and no row too many", () => {
    const fields = rootFieldsOf(app.app.schema).map(({ kind, name }) => `${kind} ${name}`);
    const rows = Object.entries(ROWS).flatMap(([kind, ofKind]) => Object.keys(ofKind).map((name) => `${kind} ${name}`));
    expect(rows.toSorted()).toEqual(fields.toSorted());
  });

  it("knows the roles that there are", () => {
    expect(ROLES).toEqual(["USER", "ADMIN", "OPERATOR"]);
  });

  const cells = Object.entries(ROWS).flatMap(([kind, rows]) =>
    Object.entries(rows).flatMap(([name, row]) => CALLERS.map((caller) => [kind, name, caller, row] as const)),
  );

  it.each(cells)("of %s %s by %s", async (kind, name, caller, row) => {
    const field = rootFieldsOf(app.app.schema).find((one) => one.kind === kind && one.name === name);
    if (!field) throw new Error("There is no such field.");
    const scene = await sceneOf(caller);
    const args = (await row.args?.(scene)) ?? {};
    const before = await standingOf(app, [scene.caller, scene.victim]);
    expect(await outcomeOf(scene.client, operationOf(field), args)).toBe(row[caller]);
    if (row[caller] !== "allowed") expect(await standingOf(app, [scene.caller, scene.victim])).toEqual(before);
  });

  it("of node answers null for what the caller may not see", async () => {
    for (const kind of ["user", "stranger"] as const) {
      const { client, victim } = await sceneOf(kind);
      for (const id of [victim.id, victim.sessionId])
        expect(await client.ask("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({ node: null });
    }
  });
});
