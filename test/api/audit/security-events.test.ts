import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logIn } from "../../support/actors.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import { employ, foundTenant } from "../../support/companies.ts";
import type { Loose } from "../../support/graphql.ts";

const EVENTS = /* GraphQL */ `
  query ($userId: ID, $types: [SecurityEventType!], $first: Int! = 50, $after: String) {
    securityEvents(userId: $userId, types: $types, first: $first, after: $after) {
      nodes { id type occurredAt ipAddress device { label } details user { id email } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const company = async () => {
  const tenant = await foundTenant(app);
  return {
    admin: await employ(app, tenant, "ADMIN"),
    alice: await employ(app, tenant),
    bob: await employ(app, tenant),
  };
};

describe("securityEvents", () => {
  it("are the caller's own, with where they came from", async () => {
    const { alice } = await company();
    const { securityEvents } = await alice.client.ask(EVENTS, { types: ["LOGIN_SUCCEEDED"] });
    expect(securityEvents.nodes).toEqual([
      expect.objectContaining({
        type: "LOGIN_SUCCEEDED",
        ipAddress: expect.any(String),
        device: { label: expect.any(String) },
        user: { id: alice.id, email: alice.email },
      }),
    ]);
  });

  it("are refused to anonymous callers", async () => {
    expect(await app.client().refused(EVENTS)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("come page by page, newest first, each of them once", async () => {
    const { alice } = await company();
    await logIn(alice.client, alice.email, alice.password);
    await alice.client.ask("mutation { logoutAll { endedSessions } }");
    await logIn(alice.client, alice.email, alice.password);
    const all = (await alice.client.ask(EVENTS)).securityEvents.nodes;
    expect(all.map(({ type }: Loose) => type)).toEqual([
      "LOGIN_SUCCEEDED",
      "SESSION_ENDED",
      "SESSION_ENDED",
      "LOGIN_SUCCEEDED",
      "LOGIN_SUCCEEDED",
    ]);

    const paged: Loose[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { securityEvents }: Loose = await alice.client.ask(EVENTS, { first: 2, after });
      paged.push(...securityEvents.nodes);
      ({ endCursor: after, hasNextPage: more } = securityEvents.pageInfo);
    }
    expect(paged).toEqual(all);
  });

  it("of others are refused to plain users, whether or not there are such users", async () => {
    const { alice, bob } = await company();
    for (const userId of [bob.id, "00000000-0000-7000-8000-000000000000", "not an id"])
      expect(await alice.client.refused(EVENTS, { userId })).toMatchObject({
        code: "FORBIDDEN",
        reason: "INSUFFICIENT_ROLE",
      });
  });

  it("of a user of the tenant are an admin's to read; of another tenant's, NOT_FOUND; of anybody, an operator's", async () => {
    const { admin, alice } = await company();
    const { admin: stranger } = await company();
    const operator = await employ(app, await foundTenant(app), "OPERATOR");
    for (const { client } of [admin, operator]) {
      const { securityEvents } = await client.ask(EVENTS, { userId: alice.id });
      expect(securityEvents.nodes[0].user).toEqual({ id: alice.id, email: alice.email });
    }
    expect(await stranger.client.refused(EVENTS, { userId: alice.id })).toMatchObject({ code: "NOT_FOUND" });
  });
});
