import { sql } from "drizzle-orm";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTenantWithUsers } from "../../support/factories/tenants.ts";
import { logIn, newEmail, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { RedisServer } from "../../support/servers/redis.ts";

const ME = "{ me { id email emailVerified username name locale status isOperator passwordResetRequired createdAt } }";

describeIf("redis-server", "the cached profile of the signed-in user", (program) => {
  let redis: RedisServer;
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    redis = await RedisServer.start(program);
    app = await startTestApp({ settings: { REDIS_URL: redis.url } });
    replica = await startTestApp({ settings: { REDIS_URL: redis.url }, replicaOf: app });
  });
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
    await redis?.stop();
  });

  const meOn = async (each: TestApp, { client }: SignedInUser) => {
    const caller = each.client();
    caller.accessToken = client.accessToken;
    return (await caller.ask(ME)).me;
  };

  const entryOf = async ({ id, sessionId }: SignedInUser): Promise<{ profile?: { name: string } } | null> => {
    const client = new Redis(redis.url);
    const [key] = await client.keys(`portcullis:*{${id}}`);
    const entry = key ? await client.hget(key, sessionId) : null;
    client.disconnect();
    return entry && JSON.parse(entry);
  };

  /** An admin and a user whose session is in the cache, and what both replicas answer. */
  const cachedUser = async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    await expect
      .poll(async () => {
        for (const each of [app, replica]) await meOn(each, bob);
        return entryOf(bob);
      })
      .not.toBeNull();
    return { admin, bob, before: await meOn(app, bob) };
  };

  /** Changes the row without its triggers, as nothing in the product can. */
  const changeUnseen = async ({ id }: SignedInUser, name: string): Promise<void> => {
    await app.app.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql`update users set name = ${name}, last_login_at = '2030-01-02T03:04:05Z' where id = ${id}`);
    });
  };

  it("answers `me` without Postgres, and the last login from there", async () => {
    const { bob, before } = await cachedUser();
    await changeUnseen(bob, "Not yet visible");
    expect(await meOn(app, bob)).toEqual(before);
    expect(await meOn(replica, bob)).toEqual(before);
    expect((await bob.client.ask("{ me { name lastLoginAt } }")).me).toEqual({
      name: before.name,
      lastLoginAt: "2030-01-02T03:04:05.000Z",
    });
  });

  it.each([
    [
      "the name and language",
      ({ bob }) =>
        bob.client.ask('mutation { updateProfile(input: { name: "Robert", locale: "de" }) { user { id } } }'),
      { name: "Robert", locale: "de" },
    ],
    [
      "the username",
      ({ bob }) =>
        bob.client.ask(
          'mutation ($password: String!) { changeUsername(input: { username: "robert.1", password: $password }) { user { id } } }',
          {
            password: bob.password,
          },
        ),
      { username: "robert.1" },
    ],
    [
      "the name, by an admin",
      ({ admin, bob }) =>
        admin.client.ask(
          'mutation ($id: ID!) { updateUser(input: { userId: $id, name: "Bob the Builder" }) { user { id } } }',
          {
            id: bob.id,
          },
        ),
      { name: "Bob the Builder" },
    ],
  ] as readonly [string, (users: { admin: SignedInUser; bob: SignedInUser }) => Promise<unknown>, object][])(
    "shows a change of %s on every replica at the first request",
    async (_what, change, expected) => {
      const { admin, bob, before } = await cachedUser();
      await change({ admin, bob });
      expect(await meOn(replica, bob)).toEqual({ ...before, ...expected });
      expect(await meOn(app, bob)).toEqual({ ...before, ...expected });
    },
  );

  it("shows a new address on every replica at the first request", async () => {
    const { bob, before } = await cachedUser();
    const email = newEmail();
    await bob.client.ask("mutation ($email: EmailAddress!) { changeEmail(input: { newEmail: $email }) { newEmail } }", {
      email,
    });
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    for (const each of [app, replica]) expect(await meOn(each, bob)).toEqual(before);
    await app
      .client()
      .ask("mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }", { token });
    for (const each of [replica, app]) expect(await meOn(each, bob)).toEqual({ ...before, email });
  });

  it("ignores entries that are older than a change made outside of the API", async () => {
    const { bob } = await cachedUser();
    await app.app.db.execute(sql`update users set name = 'By SQL' where id = ${bob.id}`);
    for (const each of [app, replica]) await expect.poll(async () => (await meOn(each, bob)).name).toBe("By SQL");
    // They have not expired, but are not read.
    expect((await entryOf(bob))?.profile?.name).not.toBe("By SQL");
  });

  it("is read from Postgres if the entry of an earlier version lacks it", async () => {
    const { bob, before } = await cachedUser();
    const client = new Redis(redis.url);
    const [key = ""] = await client.keys(`portcullis:*{${bob.id}}`);
    const { profile: _, ...entry } = JSON.parse((await client.hget(key, bob.sessionId)) ?? "{}");
    await client.hset(key, bob.sessionId, JSON.stringify(entry));
    client.disconnect();
    await changeUnseen(bob, "Read from Postgres");
    expect(await meOn(app, bob)).toEqual({ ...before, name: "Read from Postgres" });
  });

  it("a login does not invalidate it", async () => {
    const { bob, before } = await cachedUser();
    await logIn(app.client(), bob.email, bob.password);
    await changeUnseen(bob, "Not yet visible");
    expect(await meOn(replica, bob)).toEqual(before);
  });
});
