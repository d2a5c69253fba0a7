import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { tenants } from "#features/tenants/index";
import type { TenantId, UserId } from "#shared/ids";
import { beginLogin } from "../clients/factors.ts";
import type { GraphQLClient } from "../clients/graphql.ts";
import type { TestApp } from "../servers/app.ts";
import { setRoles } from "./roles.ts";
import { createMember, createTenant } from "./tenants.ts";
import { logIn, newAddress, newPassword, REFRESH, resetPassword, type SignedInUser, tokenIn } from "./users.ts";

/** A user with an open session, the same user on another device, and an admin who may end it. */
export interface EndingScene {
  readonly app: TestApp;
  readonly user: SignedInUser;
  readonly other: GraphQLClient;
  readonly admin: SignedInUser;
  readonly operator: SignedInUser;
  readonly tenantId: TenantId;
}

/** In a new tenant. */
export const endingScene = async (app: TestApp): Promise<EndingScene> => {
  const tenant = await createTenant(app);
  const [user, admin] = [await createMember(app, tenant), await createMember(app, tenant, "ADMIN")];
  const other = app.client();
  await logIn(other, user.email, user.password);
  return {
    app,
    user,
    other,
    admin,
    operator: await createMember(app, await createTenant(app), "OPERATOR"),
    tenantId: tenant.id,
  };
};

export interface Ending {
  /** 4401: the session has ended. 4403: another access token is needed. */
  readonly code: 4401 | 4403;
  /** The close reason after `Session ended: `; null without a reason. */
  readonly reason: string | null;
  end(scene: EndingScene): Promise<unknown>;
}

const changePassword = (client: GraphQLClient, { user }: EndingScene, logout: string) =>
  client.ask("mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }", {
    input: { currentPassword: user.password, newPassword: newPassword(), logout },
  });

const byAdmin =
  (field: string, more = "") =>
  ({ admin, user }: EndingScene) =>
    admin.client.ask(`mutation ($id: ID!) { ${field}(input: { userId: $id${more} }) { __typename } }`, { id: user.id });

const setTenant = ({ app, tenantId }: EndingScene, changes: Partial<typeof tenants.$inferInsert>) =>
  app.app.db.update(tenants).set(changes).where(eq(tenants.id, tenantId));

/** Everything that ends a session, or outdates its access token. */
export const ENDINGS: Readonly<Record<string, Ending>> = {
  logout: {
    code: 4401,
    reason: "LOGGED_OUT",
    end: ({ user }) => user.client.ask("mutation { logout { endedSessionId } }"),
  },
  "deleting the session, on another device": {
    code: 4401,
    reason: "REVOKED",
    end: ({ user, other }) =>
      other.ask("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }", {
        id: user.sessionId,
      }),
  },
  "logging out everywhere, on another device": {
    code: 4401,
    reason: "LOGGED_OUT",
    end: ({ other }) => other.ask("mutation { logoutAll { endedSessionIds } }"),
  },
  "changing the password": {
    code: 4401,
    reason: "PASSWORD_CHANGED",
    end: (scene) => changePassword(scene.user.client, scene, "ALL"),
  },
  "changing the password, on another device": {
    code: 4401,
    reason: "PASSWORD_CHANGED",
    end: (scene) => changePassword(scene.other, scene, "OTHERS"),
  },
  "resetting the password": {
    code: 4401,
    reason: "PASSWORD_RESET",
    end: ({ app, user }) => resetPassword(app, user, newPassword()),
  },
  suspension: { code: 4401, reason: "ACCOUNT_SUSPENDED", end: byAdmin("suspendUser") },
  "an admin ending all sessions": { code: 4401, reason: "ADMIN_REVOKED", end: byAdmin("revokeUserSessions") },
  "an admin demanding a new password": { code: 4401, reason: "ADMIN_REVOKED", end: byAdmin("requirePasswordReset") },
  "the tenant's suspension": {
    code: 4401,
    reason: null,
    end: ({ operator, tenantId }) =>
      operator.client.ask("mutation ($id: ID!) { suspendTenant(input: { tenantId: $id }) { tenant { id } } }", {
        id: tenantId,
      }),
  },
  "deleting the account, on another device": {
    code: 4401,
    reason: null,
    end: ({ user, other }) =>
      other.ask("mutation ($p: String!) { deleteAccount(input: { password: $p }) { deletedUserId } }", {
        p: user.password,
      }),
  },
  "an admin deleting the user": { code: 4401, reason: null, end: byAdmin("deleteUser") },
  "a rotated refresh token that is reused": {
    code: 4401,
    reason: "TOKEN_REUSED",
    end: async ({ app, user }) => {
      const token = user.client.refreshToken;
      await app.client().ask(REFRESH, { token });
      app.clock.advance(60_000);
      await app.client().refused(REFRESH, { token });
    },
  },
  "a login that was denied": {
    code: 4401,
    reason: "LOGIN_DENIED",
    end: async (scene) => {
      const { app, user } = scene;
      await setTenant(scene, { confirmLoginAtRisk: 0 });
      await beginLogin(app.client({ "x-forwarded-for": newAddress() }), user);
      const mail = await app.mail.waitForMail({ to: user.email, subject: /^Was that you/ });
      await app.client().ask("mutation ($token: String!) { denyLogin(input: { token: $token }) { endedSessionIds } }", {
        token: tokenIn(mail),
      });
    },
  },
  "a login beyond the limit of sessions": {
    code: 4401,
    reason: "SESSION_LIMIT",
    end: async (scene) => {
      await setTenant(scene, { maxSessions: 1 });
      await logIn(scene.app.client(), scene.user.email, scene.user.password);
    },
  },
  "a change of roles": { code: 4403, reason: null, end: ({ app, admin, user }) => setRoles(app, admin, user, "ADMIN") },
  "a removal from the database": {
    code: 4401,
    reason: null,
    end: ({ app, user }) => app.app.db.execute(`delete from users where id = '${user.id as UserId}'`),
  },
};

/** As many sessions as ended, in the form of a response. */
export const endedSessions = (count: number): readonly { id: unknown }[] =>
  Array.from({ length: count }, () => ({ id: expect.any(String) }));

/** As many ids of ended sessions. */
export const endedSessionIds = (count: number): readonly unknown[] =>
  Array.from({ length: count }, () => expect.any(String));
