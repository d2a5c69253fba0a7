import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Loose } from "../../support/clients/graphql.ts";
import { employ, foundTenant } from "../../support/factories/companies.ts";
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
    const own = await foundTenant(app, "Operators");
    const operator = await employ(app, own, "OPERATOR");
    const founded = [
      await foundTenant(app, "Acme"),
      await foundTenant(app, "Globex"),
      await foundTenant(app, "Initech"),
    ];
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { tenants }: Loose = await operator.client.ask(TENANTS, { first: 2, after });
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
    const tenant = await foundTenant(app);
    const [admin, bob] = [await employ(app, tenant, "ADMIN"), await employ(app, tenant)];
    for (const { client } of [admin, bob]) {
      expect(await client.refused(TENANTS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
      expect((await client.ask("{ tenant { id status policy { maxSessions } } }")).tenant.id).toBe(tenant.id);
    }
    expect(await app.client().refused(TENANTS)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it.each([{ first: 0 }, { first: 101 }, { after: "not a cursor" }])(
    "cannot be requested with %j",
    async (variables) => {
      const operator = await employ(app, await foundTenant(app), "OPERATOR");
      expect(await operator.client.refused(TENANTS, variables)).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
    },
  );
});
