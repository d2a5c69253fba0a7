import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateSessionsActivity } from "#features/sessions/session-activity.repository";
import type { SessionId } from "#shared/ids";
import { logInConfirming } from "../support/clients/confirmations.ts";
import type { UntypedData } from "../support/clients/graphql.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { LOGIN, logIn, newPassword, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken refreshToken } } }";
const LOGOUT = "mutation { logout { endedSessionId } }";
const LOGOUT_ALL = "mutation { logoutAll { endedSessionIds } }";
const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const DELETE_ACCOUNT = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
const SUSPEND = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }";

const ROUNDS = 6;

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

interface Tokens {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
}

const expectDead = async (tokens: readonly Tokens[]): Promise<void> => {
  for (const { accessToken, refreshToken } of tokens) {
    const client = app.client();
    client.accessToken = accessToken;
    expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await replica.client().refused(REFRESH, { token: refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  }
};

const refresh = (at: TestApp, { refreshToken }: Tokens) => at.client().send(REFRESH, { token: refreshToken });
const liveSessionsOf = async ({ id }: SignedInUser): Promise<unknown[]> => [
  ...(await app.app.db.execute(sql`select id from sessions where user_id = ${id}::uuid and ended_at is null`)),
];

const waitsForLock = () =>
  expect
    .poll(
      async () =>
        (
          await app.app.db.execute(sql`
            select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
        ).length,
      { interval: 10 },
    )
    .toBeGreaterThan(0);

/** Operations that end a session: by its user, or by another user. */
const endings: Record<string, (bob: SignedInUser, admin: SignedInUser) => Promise<unknown>> = {
  logout: ({ client }) => client.ask(LOGOUT),
  logoutAll: ({ client }) => client.ask(LOGOUT_ALL),
  changePassword: ({ client, password }) =>
    client.ask(CHANGE_PASSWORD, {
      input: { currentPassword: password, newPassword: newPassword(), logout: "ALL" },
    }),
  deleteAccount: ({ client, password }) => client.ask(DELETE_ACCOUNT, { input: { password } }),
  suspendUser: ({ id }, admin) => admin.client.ask(SUSPEND, { id }),
};

describe("a refresh that races", () => {
  it.each(Object.entries(endings))("with %s leaves no session and no token that works", async (_, end) => {
    for (let round = 0; round < ROUNDS; round++) {
      const tenant = await createTenant(app);
      const [admin, bob] = await Promise.all([createMember(app, tenant, "ADMIN"), createMember(app, tenant)]);
      const before = { accessToken: bob.client.accessToken, refreshToken: bob.client.refreshToken };
      const answers: UntypedData[] = await Promise.all([
        refresh(app, before),
        refresh(replica, before),
        end(bob, admin),
        refresh(app, before),
        refresh(replica, before),
      ]);
      expect(await liveSessionsOf(bob)).toEqual([]);
      await expectDead([before, ...answers.flatMap(({ data }) => data?.refreshToken?.tokens ?? [])]);
    }
  });
});

describe("a login whose password was already verified", () => {
  const credentials = ({ email, password }: SignedInUser) => ({ input: { identifier: email, password } });

  it("opens nothing if the password changes before the login is written", async () => {
    const bob = await createMember(app, await createTenant(app));
    const { hasher, db } = app.app;
    const changed = await hasher.hash(newPassword());
    let login: ReturnType<ReturnType<TestApp["client"]>["send"]> | null = null;
    // The row that every login locks is held until the hash has changed.
    await db.transaction(async (tx) => {
      await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
      login = app.client().send(LOGIN, credentials(bob));
      await waitsForLock();
      await tx.execute(sql`update passwords set hash = ${changed} where user_id = ${bob.id}::uuid`);
    });
    const { errors } = (await login) as unknown as { errors: UntypedData[] };
    expect(errors[0].extensions).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await liveSessionsOf(bob)).toHaveLength(1);
  });

  it("opens nothing if the user is suspended before the login is written", async () => {
    const bob = await createMember(app, await createTenant(app));
    let login: ReturnType<ReturnType<TestApp["client"]>["send"]> | null = null;
    await app.app.db.transaction(async (tx) => {
      await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
      login = app.client().send(LOGIN, credentials(bob));
      await waitsForLock();
      await tx.execute(sql`update users set status = 'SUSPENDED' where id = ${bob.id}::uuid`);
    });
    const { errors } = (await login) as unknown as { errors: UntypedData[] };
    expect(errors[0].extensions).toMatchObject({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
    expect(await liveSessionsOf(bob)).toHaveLength(1);
  });

  it("never survives a password change that ends all sessions", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await createMember(app, await createTenant(app));
      const change = endings.changePassword as (bob: SignedInUser, admin: SignedInUser) => Promise<unknown>;
      const answers: UntypedData[] = await Promise.all([
        app.client().send(LOGIN, credentials(bob)),
        replica.client().send(LOGIN, credentials(bob)),
        change(bob, bob),
        app.client().send(LOGIN, credentials(bob)),
      ]);
      expect(await liveSessionsOf(bob)).toEqual([]);
      await expectDead(answers.flatMap(({ data }) => data?.login?.tokens ?? []));
    }
  });
});

describe("deleteSession by an admin", () => {
  const DELETE = "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }";

  it.each([
    [
      "becomes a member of another tenant",
      "OTHER_MEMBERSHIPS",
      (id: string, tenantId: string) => sql`
        insert into memberships (id, tenant_id, user_id, joined_at) values (gen_random_uuid(), ${tenantId}::uuid, ${id}::uuid, now())`,
    ],
    [
      "moves to another home",
      "MISSING_PERMISSION",
      (id: string, tenantId: string) => sql`
        with joined as (
          insert into memberships (id, tenant_id, user_id, joined_at) values (gen_random_uuid(), ${tenantId}::uuid, ${id}::uuid, now()))
        select move_home(${id}::uuid, ${tenantId}::uuid)`,
    ],
  ])("ends nothing if the user %s before the deletion is written", async (_, reason, change) => {
    const [tenant, other] = [await createTenant(app), await createTenant(app)];
    const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await createMember(app, tenant)];
    let deletion: ReturnType<ReturnType<TestApp["client"]>["send"]> | null = null;
    await app.app.db.transaction(async (tx) => {
      await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
      deletion = admin.client.send(DELETE, { id: bob.sessionId });
      await waitsForLock();
      await tx.execute(change(bob.id, other.id));
    });
    const { errors } = (await deletion) as unknown as { errors: UntypedData[] };
    expect(errors[0].extensions).toMatchObject({ code: "FORBIDDEN", reason });
    expect(await liveSessionsOf(bob)).toHaveLength(1);
  });
});

describe("twenty concurrent logins of one user, with the correct password", () => {
  it("all succeed", async () => {
    const bob = await createMember(app, await createTenant(app));
    const logins = await Promise.all(Array.from({ length: 20 }, () => logIn(app.client(), bob.email, bob.password)));
    expect(new Set(logins.map(({ session }) => session.id)).size).toBe(20);
    // And none of them is counted as a guess.
    const wrong = { input: { identifier: bob.email, password: newPassword() } };
    for (let n = 0; n < 4; n++)
      expect(await app.client().refused(LOGIN, wrong)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    // After this many failures, a mail has to be confirmed, too.
    await logInConfirming(app, app.client(), bob);
  });
});

describe("recording the last use of sessions", () => {
  it("skips sessions that are locked by a change, so that no deadlock can occur", async () => {
    const bob = await createMember(app, await createTenant(app));
    const { session: other } = await logIn(app.client(), bob.email, bob.password);
    const { db } = app.app;
    const at = new Date(app.clock.now().getTime() + 90_000);
    await db.transaction(async (tx) => {
      await tx.execute(sql`select from sessions where id = ${bob.sessionId}::uuid for update`);
      const left = await updateSessionsActivity(
        db,
        new Map([bob.sessionId, other.id].map((id) => [id as SessionId, { at, generation: 1 }])),
      );
      expect(left).toEqual([bob.sessionId]);
    });
    const noted = await db.execute(sql`
      select id from sessions where user_id = ${bob.id}::uuid and last_activity_at = ${at.toISOString()}`);
    expect([...noted]).toEqual([{ id: other.id }]);
  });
});
