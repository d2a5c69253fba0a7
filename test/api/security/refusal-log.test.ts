import { afterAll, beforeAll, expect, it } from "vitest";
import { post } from "../../support/clients/raw.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import { newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** The log lines about refusals since then. */
const linesSince = (before: number) =>
  app.logs
    .slice(before)
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => /was refused|step-up failed/.test(msg));

it.each([
  ["a role that is missing", "{ users(first: 1) { nodes { id } } }", "Query.users", "MISSING_PERMISSION"],
  [
    "another user's session",
    "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }",
    "Mutation.deleteSession",
    "NOT_SESSION_OWNER",
  ],
])("an authorization that is refused for %s is logged with who, what and why", async (_, query, field, reason) => {
  const [alice, bob] = [await createUser(app), await createUser(app)];
  const before = app.logs.length;
  const { errors } = await alice.client.send(query, query.includes("$id") ? { id: bob.sessionId } : {});
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", reason } }]);
  expect(linesSince(before)).toEqual([
    expect.objectContaining({
      level: 40,
      msg: "an authorization was refused",
      reqId: expect.any(String),
      field,
      refusedWith: "FORBIDDEN",
      reason,
      userId: alice.id,
      sessionId: alice.sessionId,
      network: expect.any(String),
    }),
  ]);
});

it.each([
  [
    "reauthenticate",
    (password: string) => ({
      query: "mutation ($p: String!) { reauthenticate(input: { password: $p }) { __typename } }",
      variables: { p: password },
    }),
  ],
  [
    "changePassword",
    (password: string) => ({
      query:
        "mutation ($p: String!, $n: String!) { changePassword(input: { currentPassword: $p, newPassword: $n }) { __typename } }",
      variables: { p: password, n: newPassword() },
    }),
  ],
  [
    "deleteAccount",
    (password: string) => ({
      query: "mutation ($p: String!) { deleteAccount(input: { password: $p }) { __typename } }",
      variables: { p: password },
    }),
  ],
])("a step-up that fails in %s is logged, without the proof", async (name, operation) => {
  const alice = await createUser(app);
  const password = newPassword();
  const before = app.logs.length;
  const { errors } = await post(app, operation(password), { authorization: `Bearer ${alice.client.accessToken}` });
  expect(errors).toHaveLength(1);
  expect(linesSince(before)).toEqual([
    expect.objectContaining({ level: 40, msg: "a step-up failed", field: `Mutation.${name}`, userId: alice.id }),
  ]);
  expect(app.logs.slice(before).join("")).not.toContain(password);
  expect(app.logs.slice(before).join("")).not.toContain(alice.email);
});

it("successful calls and failed logins are not among them", async () => {
  const admin = await createUserAs(app, "ADMIN");
  const before = app.logs.length;
  await admin.client.ask("{ users(first: 1) { nodes { id } } }");
  await app.client().refused("{ me { id } }");
  await app.client().refused("mutation ($i: LoginInput!) { login(input: $i) { __typename } }", {
    i: { identifier: admin.email, password: newPassword() },
  });
  expect(linesSince(before)).toEqual([]);
});

it("a text of any length becomes a short line", async () => {
  const before = app.logs.length;
  await post(app, { query: `{ ${"a".repeat(60_000)} }` });
  await post(app, { query: "{ __typename }" }, { "x-request-id": "x".repeat(4_000), "user-agent": "y".repeat(4_000) });
  for (const line of app.logs.slice(before)) expect(line.length).toBeLessThan(10_000);
});
