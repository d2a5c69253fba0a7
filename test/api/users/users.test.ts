import { beforeAll, describe, expect, it } from "vitest";
import { employLoggedIn } from "../../support/clients/confirmations.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { holding } from "../../support/factories/roles.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { signUp } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

const company = async (name?: string) => {
  const company = await createTenantWithUsers(app, name);
  return { ...company, alice: await employLoggedIn(app, company.tenant) };
};

describe("me", () => {
  const ME = /* GraphQL */ `
    { me { id email emailVerified username name locale status memberships { roles { name } } passwordResetRequired lastLoginAt createdAt tenant { name } } }
  `;

  it("is refused to anonymous callers", async () => {
    expect(await app.client().refused(ME)).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
  });

  it("is the signed-in user", async () => {
    const alice = await signUp(app, { name: "Alice", username: "Wonder_Alice" });
    expect((await alice.client.ask(ME)).me).toEqual({
      id: alice.id,
      email: alice.email,
      emailVerified: true,
      username: "Wonder_Alice",
      name: "Alice",
      locale: "en",
      status: "ACTIVE",
      ...holding(),
      passwordResetRequired: false,
      lastLoginAt: expect.any(String),
      createdAt: expect.any(String),
      tenant: { name: "Default" },
    });
  });
});

describe("tenant", () => {
  it("is the caller's own, with its policy", async () => {
    const tenant = await createTenant(app, "Acme", { maxSessions: 3 });
    const alice = await createMember(app, tenant);
    const answer = await alice.client.ask(
      "{ tenant { id name status policy { registration maxSessions passwordChangeEnds passwordMinLength secondFactor confirmLoginAtRisk secondFactorAtRisk } } }",
    );
    expect(answer.tenant).toEqual({
      id: tenant.id,
      name: "Acme",
      status: "ACTIVE",
      policy: {
        registration: "OPEN",
        maxSessions: 3,
        passwordChangeEnds: "NONE",
        passwordMinLength: 8,
        secondFactor: "OPTIONAL",
        confirmLoginAtRisk: 40,
        secondFactorAtRisk: 70,
      },
    });
  });
});

describe("updateProfile", () => {
  const UPDATE = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id name locale } } }";
  const PROFILE = "{ me { id name locale } }";

  it("changes the given fields and keeps the rest; null removes the name", async () => {
    const { alice } = await company();
    const update = async (input: object) => (await alice.client.ask(UPDATE, { input })).updateProfile.user;
    expect(await update({ name: "  Alice 🙂 李 " })).toEqual({ id: alice.id, name: "Alice 🙂 李", locale: "en" });
    expect(await update({ locale: "de-CH" })).toEqual({ id: alice.id, name: "Alice 🙂 李", locale: "de-CH" });
    expect(await update({})).toEqual({ id: alice.id, name: "Alice 🙂 李", locale: "de-CH" });
    expect(await update({ name: null, locale: null })).toEqual({ id: alice.id, name: null, locale: "de-CH" });
    expect((await alice.client.ask(PROFILE)).me).toEqual({ id: alice.id, name: null, locale: "de-CH" });
  });

  it.each([
    [{ name: "x".repeat(201) }, "input.name"],
    [{ name: "Alice\r\nBcc: everybody@example.com" }, "input.name"],
    [{ name: "Alice\u0000" }, "input.name"],
  ])("refuses %j and changes nothing", async (input, path) => {
    const { alice } = await company();
    const before = await alice.client.ask(PROFILE);
    expect(await alice.client.refused(UPDATE, { input })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [expect.objectContaining({ path })],
    });
    expect(await alice.client.ask(PROFILE)).toEqual(before);
  });

  it.each([
    { roles: ["ADMIN"] },
    { emailVerified: true },
    { tenantId: "x" },
    { status: "ACTIVE" },
    { email: "a@b.example" },
  ])("has no field %j", async (extra) => {
    const { alice } = await company();
    expect((await alice.client.refused(UPDATE, { input: { name: "Mallory", ...extra } })).status).toBe(400);
    expect((await alice.client.ask(PROFILE)).me.name).toBeNull();
  });

  it("is refused to anonymous callers", async () => {
    expect(await app.client().refused(UPDATE, { input: { name: "Nobody" } })).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });
});

describe("node", () => {
  const NODE = "query ($id: ID!) { node(id: $id) { __typename id } }";
  const found = async ({ client }: { client: GraphQLClient }, id: string) => (await client.ask(NODE, { id })).node;

  it("returns an object to its owner, to admins of the tenant and to operators, and null to all others", async () => {
    const { admin, alice, bob } = await company();
    const { admin: stranger } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const { securityEvents } = await alice.client.ask("{ securityEvents { nodes { id } } }");
    const { loginAttempts } = await admin.client.ask(
      "query ($id: ID) { loginAttempts(filter: { userId: $id }) { nodes { id } } }",
      {
        id: alice.id,
      },
    );
    const things = [
      { __typename: "User", id: alice.id },
      { __typename: "Session", id: alice.sessionId },
      { __typename: "NewDeviceEvent", id: present(securityEvents.nodes[0]).id },
      { __typename: "LoginAttempt", id: present(loginAttempts.nodes[0]).id },
    ];
    for (const thing of things) {
      for (const viewer of [alice, admin, operator]) expect(await found(viewer, thing.id)).toEqual(thing);
      for (const viewer of [bob, stranger]) expect(await found(viewer, thing.id)).toBeNull();
    }
  });

  it("returns a tenant to its users and to operators only", async () => {
    const { tenant, alice } = await company();
    const { admin: stranger } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    for (const viewer of [alice, operator])
      expect(await found(viewer, tenant.id)).toEqual({ __typename: "Tenant", id: tenant.id });
    expect(await found(stranger, tenant.id)).toBeNull();
  });

  it.each(["", "not an id", ANONYMOUS, "ffffffff-ffff-7fff-bfff-ffffffffffff"])("returns null for %j", async (id) => {
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    expect(await found(operator, id)).toBeNull();
  });

  it("is refused to anonymous callers", async () => {
    const { alice } = await company();
    expect(await app.client().refused(NODE, { id: alice.id })).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
