import { beforeAll, describe, expect, it } from "vitest";
import { employLoggedIn } from "../../support/clients/confirmations.ts";
import type { Loose } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { logIn } from "../../support/factories/actors.ts";
import { employ, foundTenant } from "../../support/factories/companies.ts";
import { NOBODY } from "../../support/factories/people.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

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
  app = await sharedTestApp();
});

/** An admin and one of the people of a tenant, who have logged in: that is in their history. */
const company = async () => {
  const tenant = await foundTenant(app);
  return { admin: await employLoggedIn(app, tenant, "ADMIN"), bob: await employLoggedIn(app, tenant) };
};

describe("securityEvents", () => {
  it("are the caller's own, with where they came from", async () => {
    const { bob } = await company();
    const { securityEvents } = await bob.client.ask(EVENTS, { types: ["LOGIN_SUCCEEDED"] });
    expect(securityEvents.nodes).toEqual([
      expect.objectContaining({
        type: "LOGIN_SUCCEEDED",
        ipAddress: expect.any(String),
        device: { label: expect.any(String) },
        user: { id: bob.id, email: bob.email },
      }),
    ]);
  });

  it("are refused to anonymous callers", async () => {
    expect(await app.client().refused(EVENTS)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("come page by page, newest first, each of them once", async () => {
    const { bob } = await company();
    await logIn(bob.client, bob.email, bob.password);
    await bob.client.ask("mutation { logoutAll { endedSessions { id } } }");
    await logIn(bob.client, bob.email, bob.password);
    const all = (await bob.client.ask(EVENTS)).securityEvents.nodes;
    expect(all.map(({ type }: Loose) => type)).toEqual([
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
      "SESSION_ENDED",
      "SESSION_ENDED",
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
    ]);

    const paged: Loose[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { securityEvents }: Loose = await bob.client.ask(EVENTS, { first: 3, after });
      paged.push(...securityEvents.nodes);
      ({ endCursor: after, hasNextPage: more } = securityEvents.pageInfo);
    }
    expect(paged).toEqual(all);
  });

  it("of others are refused to plain users, whether or not there are such users", async () => {
    const { admin, bob } = await company();
    for (const userId of [admin.id, NOBODY, "not an id"])
      expect(await bob.client.refused(EVENTS, { userId })).toMatchObject({
        code: "FORBIDDEN",
        reason: "MISSING_PERMISSION",
      });
  });

  it("of a user of the tenant are an admin's to read; of another tenant's, NOT_FOUND; of anybody, an operator's", async () => {
    const { admin, bob } = await company();
    const { admin: stranger } = await company();
    const operator = await employ(app, await foundTenant(app), "OPERATOR");
    for (const { client } of [admin, operator]) {
      const { securityEvents } = await client.ask(EVENTS, { userId: bob.id });
      expect(present(securityEvents.nodes[0]).user).toEqual({ id: bob.id, email: bob.email });
    }
    expect(await stranger.client.refused(EVENTS, { userId: bob.id })).toMatchObject({ code: "NOT_FOUND" });
  });
});
