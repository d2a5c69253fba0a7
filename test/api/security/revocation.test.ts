import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setRoles } from "../../support/factories/roles.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { logIn, newPassword, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";

interface Scene {
  readonly user: SignedInUser;
  readonly admin: SignedInUser;
  /** The user on another device. */
  readonly other: SignedInUser["client"];
}

const ofUser =
  (field: string, more = "") =>
  async ({ user, admin }: Scene) => {
    await admin.client.ask(`mutation ($id: ID!) { ${field}(input: { userId: $id${more} }) { __typename } }`, {
      id: user.id,
    });
  };

/** Everything that invalidates an access token, immediately and on every replica. */
const REVOCATIONS: Readonly<Record<string, (scene: Scene, app: TestApp) => Promise<void>>> = {
  logout: async ({ user }) => user.client.ask("mutation { logout { endedSessionId } }"),
  "logging out everywhere, on another device": async ({ other }) =>
    other.ask("mutation { logoutAll { endedSessionIds } }"),
  "deleting the session, on another device": async ({ user, other }) =>
    other.ask("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }", {
      id: user.sessionId,
    }),
  "changing the password, on another device": async ({ user, other }) =>
    other.ask("mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }", {
      input: { currentPassword: user.password, newPassword: newPassword(), logout: "OTHERS" },
    }),
  "resetting the password": async ({ user }, app) => {
    await app
      .client()
      .ask("mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }", {
        email: user.email,
      });
    const token = tokenIn(await app.mail.waitForMail({ to: user.email, subject: /new password/i }));
    await app
      .client()
      .ask("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
        input: { token, newPassword: newPassword() },
      });
  },
  "deleting the account, on another device": async ({ user, other }) =>
    other.ask("mutation ($p: String!) { deleteAccount(input: { password: $p }) { deletedUserId } }", {
      p: user.password,
    }),
  suspension: ofUser("suspendUser"),
  "an admin ending all sessions": ofUser("revokeUserSessions"),
  "an admin deleting the user": ofUser("deleteUser"),
  "an admin demanding a new password": ofUser("requirePasswordReset"),
  "a change of roles": ({ admin, user }, app) => setRoles(app, admin, user, "ADMIN"),
};

const suite = (settings: Readonly<Record<string, string>>) => () => {
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings });
    replica = await startTestApp({ settings, replicaOf: app });
  });
  afterAll(async () => {
    await replica.stop();
    await app.stop();
  });

  it.each(Object.entries(REVOCATIONS))("after %s", async (_, revoke) => {
    const tenant = await createTenant(app);
    const [user, admin, other] = [
      await createMember(app, tenant),
      await createMember(app, tenant, "ADMIN"),
      app.client(),
    ];
    await logIn(other, user.email, user.password);
    const elsewhere = replica.client();
    elsewhere.accessToken = user.client.accessToken;
    // Both replicas have seen the token and may have cached it.
    await user.client.ask("{ me { id } }");
    await elsewhere.ask("{ me { id } }");

    await revoke({ user, admin, other }, app);

    for (const client of [user.client, elsewhere]) {
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
      const { validateToken } = await client.ask(
        "mutation ($token: String!) { validateToken(input: { token: $token }) { valid reason } }",
        { token: user.client.accessToken },
      );
      expect(validateToken).toEqual({ valid: false, reason: "REVOKED" });
    }
  });

  it("within one operation: fields after a logout are refused", async () => {
    const user = await createMember(app, await createTenant(app));
    const { data, errors } = await user.client.send(
      'mutation { logout { endedSessionId } updateProfile(input: { name: "Late" }) { user { id } } }',
    );
    expect(errors).toMatchObject([{ path: ["updateProfile"], extensions: { code: "UNAUTHENTICATED" } }]);
    expect(data).toBeNull();
    const [row] = await app.app.db.execute(`select name from users where id = '${user.id}'`);
    expect(row?.name).not.toBe("Late");
  });
};

describe("an access token is refused immediately", suite({}));
describeIf("redis", "an access token is refused immediately, even if Redis has cached its session", (url) =>
  suite({ REDIS_URL: url })(),
);
