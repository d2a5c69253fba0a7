import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const UPDATE = /* GraphQL */ `
  mutation ($input: UpdateTenantBrandInput!) {
    updateTenantBrand(input: $input) { tenant { id brand { name color logoUrl } } }
  }
`;
const SETTINGS =
  "query ($tenant: String!) { authSettings(tenant: $tenant) { tenantName brand { name color logoUrl } } }";
const NONE = { name: null, color: null, logoUrl: null };

/** An image of one pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const LOGO = `data:image/png;base64,${PIXEL}`;

/** The brand, as a visitor of the tenant's login page sees it. */
const seenBy = async ({ slug }: { readonly slug: string }) =>
  (await app.client().ask(SETTINGS, { tenant: slug })).authSettings;

const pathOf = (url: string | null): string => new URL(url ?? "").pathname;

describe("updateTenantBrand", () => {
  it("changes what visitors of the login page see, part by part", async () => {
    const { admin, tenant } = await createTenantWithUsers(app, "Acme Holding");
    expect(await seenBy(tenant)).toEqual({ tenantName: "Acme Holding", brand: NONE });
    const input = { name: " Acme  ", color: "#0F6460", logo: LOGO };
    const { updateTenantBrand } = await admin.client.ask(UPDATE, { input });
    const hash = createHash("sha256").update(Buffer.from(PIXEL, "base64")).digest("hex");
    const brand = { name: "Acme", color: "#0f6460", logoUrl: expect.stringMatching(`/brand/${tenant.id}/${hash}$`) };
    expect(updateTenantBrand.tenant).toEqual({ id: tenant.id, brand });
    expect(await seenBy(tenant)).toEqual({ tenantName: "Acme Holding", brand });
    await admin.client.ask(UPDATE, { input: { name: null } });
    expect((await seenBy(tenant)).brand).toEqual({ ...brand, name: null });
    await admin.client.ask(UPDATE, { input: { color: null, logo: null } });
    expect((await seenBy(tenant)).brand).toEqual(NONE);
  });

  it("records who changed what, and nothing if nothing changes", async () => {
    const { admin } = await createTenantWithUsers(app);
    for (let times = 0; times < 2; times++)
      await admin.client.ask(UPDATE, { input: { name: "Acme", color: "#0f6460" } });
    const { tenant: seen } = await admin.client.ask(`{ tenant { securityEvents(filter: { types: [BRAND_CHANGED] }) {
      nodes { level user { id } ... on BrandChangedEvent { changes { setting from to } } } } } }`);
    expect(seen.securityEvents?.nodes).toEqual([
      {
        level: "NOTICE",
        user: { id: admin.id },
        changes: [
          { setting: "name", from: null, to: "Acme" },
          { setting: "color", from: null, to: "#0f6460" },
        ],
      },
    ]);
  });

  it("refuses names that look like an address, unusable colours and other files, all at once", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    const svg = `data:image/svg+xml;base64,${Buffer.from("<svg onload='alert(1)'/>").toString("base64")}`;
    for (const [name, color] of [
      ["paypal.com", "red"],
      ["https://bank", "#ffffff"],
      ["\u200b", "#fff"],
    ])
      expect(await admin.client.refused(UPDATE, { input: { name, color, logo: svg } })).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [
          expect.objectContaining({ path: "input.name" }),
          expect.objectContaining({ path: "input.color" }),
          expect.objectContaining({ path: "input.logo" }),
        ],
      });
    expect((await seenBy(tenant)).brand).toEqual(NONE);
  });

  it("lets operators change any tenant's brand, and an admin no other tenant's", async () => {
    const [{ tenant }, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const input = { tenantId: tenant.id, name: "Acme" };
    expect(await other.admin.client.refused(UPDATE, { input })).toMatchObject({ code: "NOT_FOUND" });
    expect((await seenBy(tenant)).brand).toEqual(NONE);
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    await operator.client.ask(UPDATE, { input });
    expect((await seenBy(tenant)).brand.name).toBe("Acme");
  });
});

describe("the logo", () => {
  it("is public, cached for ever, and runs nothing", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { updateTenantBrand } = await admin.client.ask(UPDATE, { input: { logo: LOGO } });
    const response = await fetch(new URL(pathOf(updateTenantBrand.tenant.brand.logoUrl), app.url));
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).toString("base64")).toBe(PIXEL);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "cache-control": "public, max-age=31536000, immutable",
      "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    });
  });

  it("is found only under its own tenant and digest, until it is removed", async () => {
    const [{ admin, tenant }, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const { updateTenantBrand } = await admin.client.ask(UPDATE, { input: { logo: LOGO } });
    const path = pathOf(updateTenantBrand.tenant.brand.logoUrl);
    const statusOf = async (wanted: string) => (await fetch(new URL(wanted, app.url))).status;
    for (const wrong of [
      path.replace(tenant.id, other.tenant.id),
      path.replace(tenant.id, "not-an-id"),
      `/brand/${tenant.id}/${"0".repeat(64)}`,
    ])
      expect(await statusOf(wrong), wrong).toBe(404);
    expect(await statusOf(path)).toBe(200);
    await admin.client.ask(UPDATE, { input: { logo: null } });
    expect(await statusOf(path)).toBe(404);
  });
});
