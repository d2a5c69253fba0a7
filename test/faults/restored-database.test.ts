import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../support/clients/graphql.ts";
import { REFRESH, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const EVENTS =
  "{ securityEvents(first: 100) { nodes { type ... on RefreshAheadOfDatabaseEvent { sessionId generation expectedGeneration } } } }";

describe("a database that goes back in time, after a restore or a failover", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  /** Reads the session's state in the database, and returns a function that restores it. */
  const snapshotOf = async ({ sessionId }: SignedInUser): Promise<() => Promise<void>> => {
    const { db } = app.app;
    const [row] = await db.execute(sql`select to_jsonb(s) as row from sessions s where id = ${sessionId}::uuid`);
    return async () => {
      await db.execute(sql`delete from sessions where id = ${sessionId}::uuid`);
      await db.execute(sql`
        insert into sessions select * from jsonb_populate_record(null::sessions, ${JSON.stringify(row?.row)}::jsonb)`);
    };
  };

  const refresh = async ({ client }: SignedInUser): Promise<string> => {
    const spent = client.refreshToken ?? "";
    const { refreshToken } = await client.ask(REFRESH, { token: spent });
    client.accessToken = refreshToken.tokens.accessToken;
    client.refreshToken = refreshToken.tokens.refreshToken;
    return spent;
  };

  it.each([1, 2, 5])("keeps the user signed in who has refreshed %i times since, with an event", async (times) => {
    const alice = await signUp(app);
    const restore = await snapshotOf(alice);
    for (let n = 0; n < times; n++) await refresh(alice);
    await restore();
    await refresh(alice);
    await refresh(alice);
    const { securityEvents } = await alice.client.ask(EVENTS);
    const types = securityEvents.nodes.map(({ type }: UntypedData) => type);
    expect(types.filter((type: string) => type === "REFRESH_AHEAD_OF_DATABASE")).toHaveLength(1);
    expect(types).not.toContain("TOKEN_REUSED");
    expect(app.mail.all().map(({ subject }) => subject)).not.toContain("We ended one of your sessions");
  });

  it("still treats a token as stolen that was rotated before the newest one was presented", async () => {
    const alice = await signUp(app);
    const restore = await snapshotOf(alice);
    const stolen = await refresh(alice);
    await refresh(alice);
    await refresh(alice);
    await restore();
    await refresh(alice);
    expect(await app.client().refused(REFRESH, { token: stolen })).toMatchObject({ reason: "TOKEN_REUSED" });
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("gives parallel tabs one successor", async () => {
    const alice = await signUp(app);
    const restore = await snapshotOf(alice);
    await refresh(alice);
    await refresh(alice);
    await restore();
    const token = alice.client.refreshToken;
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.client().ask(REFRESH, { token })));
    expect(new Set(answers.map(({ refreshToken }) => refreshToken.tokens.refreshToken)).size).toBe(1);
  });

  it("does not accept a forged token as a later one", async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)];
    for (let n = 0; n < 3; n++) await refresh(bob);
    // The head of Alice's token with the generation of Bob's, under Bob's MAC.
    const hers = Buffer.from((alice.client.refreshToken ?? "").slice(4), "base64url");
    const his = Buffer.from((bob.client.refreshToken ?? "").slice(4), "base64url");
    const forged = `pcr_${Buffer.concat([hers.subarray(0, 16), his.subarray(16)]).toString("base64url")}`;
    expect(await app.client().refused(REFRESH, { token: forged })).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    await refresh(alice);
  });
});
