import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const TENANTS = /* GraphQL */ `
  query ($first: Int! = 50, $after: String) {
    tenants(first: $first, after: $after) {
      nodes { id name status policy { registration } }
      pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  }
`;

describe("tenants", () => {
  it("are returned to operators page by page, newest first, each of them once", async () => {
    const own = await createTenant(app, "Operators");
    const operator = await createMember(app, own, "OPERATOR");
    const founded = [
      await createTenant(app, "Acme"),
      await createTenant(app, "Globex"),
      await createTenant(app, "Initech"),
    ];
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { tenants }: UntypedData = await operator.client.ask(TENANTS, { first: 2, after });
      expect(tenants.pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...tenants.nodes.map(({ name }: { name: string }) => name));
      after = tenants.pageInfo.hasNextPage ? tenants.pageInfo.endCursor : null;
    } while (after !== null);
    // The default tenant has an id without a timestamp.
    expect(seen.filter((name) => name === "Default")).toHaveLength(1);
    const others = seen.filter((name) => name !== "Default");
    expect(others).toEqual([...founded.map(({ name }) => name).reverse(), "Operators"]);
  });

  it("are listed for no other caller: an admin sees only their own tenant", async () => {
    const tenant = await createTenant(app);
    const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await createMember(app, tenant)];
    for (const { client } of [admin, bob]) {
      expect(await client.refused(TENANTS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
      expect((await client.ask("{ tenant { id status policy { maxSessions } } }")).tenant.id).toBe(tenant.id);
    }
    expect(await app.client().refused(TENANTS)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it.each([{ first: 0 }, { first: 101 }, { after: "not a cursor" }])(
    "cannot be requested with %j",
    async (variables) => {
      const operator = await createMember(app, await createTenant(app), "OPERATOR");
      expect(await operator.client.refused(TENANTS, variables)).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
    },
  );
});
