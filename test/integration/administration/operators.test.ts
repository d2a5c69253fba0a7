import { afterAll, beforeAll, expect, it } from "vitest";
import { createFixtures, type Fixtures } from "./fixtures.ts";

let fixtures: Fixtures;
beforeAll(async () => {
  fixtures = await createFixtures();
});
afterAll(() => fixtures.close());

it("creates an active operator in the default tenant, without a session", async () => {
  const operator = await fixtures.operators.create({ email: "Olga@Example.com", name: " Olga " });
  expect(operator).toMatchObject({
    tenantId: (await fixtures.tenants.default()).id,
    email: "Olga@Example.com",
    emailCanonical: "olga@example.com",
    emailVerified: true,
    name: "Olga",
    status: "ACTIVE",
    roles: ["USER", "OPERATOR"],
  });
  expect((await fixtures.eventsOf(operator)).map(({ type }) => type)).toEqual(["USER_REGISTERED", "ROLES_CHANGED"]);
});

it("promotes an active user, whose tenant and other roles do not change", async () => {
  const { user } = await fixtures.newPerson(await fixtures.newTenant(), "ADMIN");
  const operator = await fixtures.operators.create({ email: user.email.toUpperCase(), name: null });
  expect(operator).toEqual({ ...user, isOperator: true, roles: ["USER", "ADMIN", "OPERATOR"] });
  expect(await fixtures.eventsOf(user)).toEqual([
    expect.objectContaining({
      type: "ROLES_CHANGED",
      ipAddress: null,
      details: { from: ["USER", "ADMIN"], to: ["USER", "ADMIN", "OPERATOR"] },
    }),
    expect.objectContaining({ type: "SESSION_ENDED", details: expect.objectContaining({ reason: "ADMIN_REVOKED" }) }),
  ]);
});

it("does nothing if the user is already an operator", async () => {
  const first = await fixtures.operators.create({ email: "again@example.com", name: null });
  const events = await fixtures.eventsOf(first);
  await expect(fixtures.operators.create({ email: "again@example.com", name: null })).resolves.toEqual(first);
  expect(await fixtures.eventsOf(first)).toEqual(events);
});

it.each(["PENDING_VERIFICATION", "SUSPENDED"] as const)("refuses the address of a user who is %s", async (status) => {
  const user = await fixtures.newUser(await fixtures.newTenant(), { status });
  await expect(fixtures.operators.create({ email: user.email, name: null })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  expect(await fixtures.reload(user)).toEqual(user);
});

it.each([
  ["nobody", null, "email"],
  ["a@b@example.com", null, "email"],
  ["x@example.com\r\nBcc: y@example.com", null, "email"],
  ["bell@example.com", "Bell\u0007", "name"],
])("refuses %j with the name %j", async (email, name, path) => {
  await expect(fixtures.operators.create({ email, name })).rejects.toMatchObject({
    code: "BAD_USER_INPUT",
    detail: { fields: [expect.objectContaining({ path })] },
  });
});

it("creates one operator if an address is given in many calls at the same moment", async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 6 }, () => fixtures.operators.create({ email: "race@example.com", name: null })),
  );
  const created = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.id] : []));
  expect(new Set(created).size).toBe(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "CONFLICT" });
});
