import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../support/clients/graphql.ts";
import { present } from "../support/clients/narrow.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { newAddress, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { describeIf } from "../support/servers/index.ts";

const LOGIN = /* GraphQL */ `
  mutation ($input: LoginInput!) {
    login(input: $input) {
      ... on LoginSuccess {
        tokens { accessToken refreshToken }
        session { id }
        evictedSessions { id endedAt endReason }
      }
    }
  }
`;
const REFRESH =
  "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken } } }";

const AT_ONCE = 20;
const LIMIT = 2;
const ROUNDS = 4;

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

  const sessionsOf = async ({ id }: SignedInUser) => {
    const rows = await app.app.db.execute<{ id: string; end_reason: string | null }>(sql`
      select id, end_reason from sessions where user_id = ${id}::uuid`);
    return {
      live: rows.filter((row) => row.end_reason === null).map((row) => row.id),
      evicted: rows.filter((row) => row.end_reason === "SESSION_LIMIT").map((row) => row.id),
      all: rows.length,
    };
  };

  /** Logs in from a separate address, on either replica; again if a slow machine made it wait too long for the lock. */
  const logIn = async ({ email, password }: SignedInUser, n: number): Promise<UntypedData> => {
    const client = (n % 2 === 0 ? app : replica).client({ "x-forwarded-for": newAddress() });
    for (;;) {
      const { data, errors } = await client.send(LOGIN, { input: { identifier: email, password } });
      if (errors[0]?.extensions.code === "SERVICE_UNAVAILABLE") continue;
      expect(errors).toEqual([]);
      return present(data).login;
    }
  };

  const isSignedIn = async (at: TestApp, accessToken: string): Promise<boolean> => {
    const client = at.client();
    client.accessToken = accessToken;
    const { data, errors } = await client.send("{ me { id } }");
    if (errors[0]) expect(errors[0].extensions.code).toBe("UNAUTHENTICATED");
    return data !== null;
  };

  it("leaves as many sessions as the limit allows, and each response is correct", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const bob = await createMember(app, await createTenant(app, "Acme", { maxSessions: LIMIT }));
      const logins = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => logIn(bob, n)));

      const { live, evicted, all } = await sessionsOf(bob);
      expect(live).toHaveLength(LIMIT);
      expect(all).toBe(AT_ONCE + 1);
      // Each ended session is returned by the login that evicted it, and by no other.
      const named: UntypedData[] = logins.flatMap(({ evictedSessions }) => evictedSessions);
      expect(named.map(({ id }) => id).toSorted()).toEqual(evicted.toSorted());
      for (const session of named)
        expect(session).toMatchObject({ endReason: "SESSION_LIMIT", endedAt: expect.any(String) });
      // No login ended its own session, and no session was returned twice.
      expect(new Set(logins.map(({ session }) => session.id)).size).toBe(AT_ONCE);
      for (const { session, evictedSessions } of logins)
        expect(evictedSessions.map(({ id }: UntypedData) => id)).not.toContain(session.id);

      for (const { session, tokens } of logins) {
        const lives = live.includes(session.id);
        expect(await isSignedIn(app, tokens.accessToken)).toBe(lives);
        expect(await isSignedIn(replica, tokens.accessToken)).toBe(lives);
        const { errors } = await replica.client().send(REFRESH, { token: tokens.refreshToken });
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(lives ? [] : ["INVALID_REFRESH_TOKEN"]);
      }
    }
  });

  it("writes one event for each ended session, and mails a notice for each login that ended one", async () => {
    const bob = await createMember(app, await createTenant(app, "Acme", { maxSessions: LIMIT }));
    const logins = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => logIn(bob, n)));
    const { evicted } = await sessionsOf(bob);
    const events = await app.app.db.execute<{ id: string }>(sql`
      select details->>'sessionId' as id from security_events
      where user_id = ${bob.id}::uuid and type = 'SESSION_ENDED' and details->>'reason' = 'SESSION_LIMIT'`);
    expect(events.map(({ id }) => id).toSorted()).toEqual(evicted.toSorted());
    const notices = logins.filter(({ evictedSessions }) => evictedSessions.length > 0).length;
    const mailed = () =>
      app.mail.all().filter(({ subject, to }) => fits(to, bob) && /signed out/.test(subject ?? "")).length;
    const held = async () => {
      const [row] = await app.app.db.execute<{ count: number }>(sql`
        select coalesce(sum(count), 0)::int as count from held_notices where recipient = ${bob.email}`);
      return row?.count ?? 0;
    };
    await expect.poll(async () => mailed() + (await held())).toBe(notices);
    // The others wait for the digest, because ten such mails are sent in an hour.
    expect(mailed()).toBe(Math.min(notices, 10));
  });
};

const fits = (to: UntypedData, { email }: SignedInUser): boolean => JSON.stringify(to).includes(email);

describe("twenty concurrent logins over two replicas", suite({}));
describeIf("redis", "twenty concurrent logins over two replicas with a cache", (url) => suite({ REDIS_URL: url })());
