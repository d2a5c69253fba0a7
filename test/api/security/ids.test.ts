import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import type { SecurityEventId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { post } from "../../support/clients/raw.ts";
import { operationOf, type RootField, rootFieldsOf } from "../../support/clients/root-fields.ts";
import { argumentsWith, placesOf, type Sample } from "../../support/factories/arguments.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { createMember, createTenant, submitRegistration } from "../../support/factories/tenants.ts";
import { logIn, newEmail, type SignedInUser } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

/** Every id argument of every root field, with the ids of other users and tenants, generated from the schema. */

const ORIGIN = "https://id.example.test";

let app: TestApp;
let fields: RootField[];
beforeAll(async () => {
  app = await sharedTestApp({ PUBLIC_URL: ORIGIN });
  fields = rootFieldsOf(app.app.schema)
    .filter((field) => placesOf(field).some(({ type }) => type === "ID"))
    .filter(({ name }) => !AFTER_REFRESH_TOKEN.includes(name));
});

/** Fields that verify the refresh token before the id; test/api/members tests their ids. */
const AFTER_REFRESH_TOKEN = ["refreshToken", "issueAccessToken"];

const UNKNOWN = "01890000-0000-7000-8000-000000000000";

/** A user of a tenant, and the id of every object that belongs to that user. */
const victimOf = async () => {
  const tenant = await createTenant(app, "Victims", { registration: "APPROVAL" });
  const victim = await createMember(app, tenant);
  await logIn(app.client(), victim.email, victim.password);
  const device = new SoftwareAuthenticator();
  const passkey = await passkeysOf(app).enrol(victim, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  await app.app.db.execute(sql`update devices set trusted_at = now() where user_id = ${victim.id}::uuid`);
  const [row] = await app.app.db.execute<Record<string, SecurityEventId>>(sql`
    select (select id from security_events where user_id = ${victim.id}::uuid limit 1) as event,
           (select id from login_attempts where user_id = ${victim.id}::uuid limit 1) as attempt,
           (select id from devices where user_id = ${victim.id}::uuid limit 1) as device`);
  const registration = await submitRegistration(app, tenant, { email: `applicant-${victim.email}` });
  const [exported] = await app.app.db.execute<{ export: string }>(sql`
    insert into exports (id, tenant_id, creator_id, kind, filter, format, status, created_at, expires_at)
    values (gen_random_uuid(), ${tenant.id}::uuid, ${victim.id}::uuid, 'USERS', '{}', 'CSV', 'READY', now(), now() + interval '1 day')
    returning id as export`);
  const ids = {
    registration,
    ...exported,
    user: victim.id,
    session: victim.sessionId,
    tenant: tenant.id,
    passkey: passkey.id,
    ...row,
  };
  for (const id of Object.values(ids)) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  return { tenant, victim, ids };
};

/** Values for the other required arguments; optional ones are left out. */
const sample: Sample = ({ path, type, required }) => {
  // A list has one direction.
  if (type === "Int") return path.at(-1) === "last" ? undefined : 10;
  if (!required) return undefined;
  if (type === "Boolean") return true;
  return type === "EmailAddress" ? newEmail("sample") : "sample";
};

/** Admins of a tenant are refused before the id is used. */
const isForOperators = ({ name }: RootField): boolean =>
  /^((suspend|reactivate)Tenant|(add|remove)TenantDomain|setOperator)$/.test(name);

/** Whether the result is empty: lists of entities contain null for what is not visible, connections have no rows. */
const isNothing = (answer: unknown): boolean => {
  if (Array.isArray(answer)) return answer.every((one) => one === null);
  const { edges } = (answer ?? {}) as { edges?: unknown };
  return answer === null || (Array.isArray(edges) && edges.length === 0);
};

/** Fields that return null or no rows instead of NOT_FOUND: look-ups, and the users with a role. */
const NULLING = ["node", "_entities", "session", "user", "users"];

const call = async (
  field: RootField,
  actor: SignedInUser,
  id: unknown,
): Promise<{ text: string; code: string | null; answer: unknown }[]> =>
  Promise.all(
    placesOf(field)
      .filter(({ type }) => type === "ID")
      .map(async (place) => {
        const args = argumentsWith(field, sample, place, id);
        const { text, errors } = await post(
          app,
          { query: operationOf(field), variables: args },
          { authorization: `Bearer ${actor.client.accessToken}` },
        );
        const { data } = JSON.parse(text) as { data?: Record<string, unknown> | null };
        return { text, code: errors[0]?.extensions.code ?? null, answer: data?.[field.name] ?? null };
      }),
  );

describe("an id of another tenant", () => {
  it("is the same as an unknown one for that tenant's admin, in every argument", async () => {
    const { victim, ids } = await victimOf();
    const stranger = await createMember(app, await createTenant(app), "ADMIN");
    const before = await snapshotOf(app, [victim]);
    for (const field of fields) {
      const unknown = await call(field, stranger, UNKNOWN);
      for (const { code, answer } of unknown) expect(code === "NOT_FOUND" || isNothing(answer), field.name).toBe(true);
      for (const [kind, id] of Object.entries(ids)) {
        const answers = await call(field, stranger, id);
        expect(answers, `${kind} to ${field.name}`).toEqual(unknown);
        for (const { text } of answers) expect(text).not.toContain(victim.email);
      }
    }
    expect(await snapshotOf(app, [victim])).toEqual(before);
  });
});

describe("an id of another user", () => {
  it("gives a user of the same tenant no access", async () => {
    const { tenant, victim, ids } = await victimOf();
    const colleague = await createMember(app, tenant);
    const before = await snapshotOf(app, [victim]);
    for (const field of fields)
      for (const [kind, id] of Object.entries(ids)) {
        // The colleague belongs to the same tenant.
        if (kind === "tenant") continue;
        for (const { text, code, answer } of await call(field, colleague, id)) {
          expect(["NOT_FOUND", "FORBIDDEN", null], `${kind} to ${field.name}`).toContain(code);
          expect(isNothing(answer), `${kind} to ${field.name}`).toBe(true);
          expect(text).not.toContain(victim.email);
        }
      }
    expect(await snapshotOf(app, [victim])).toEqual(before);
  });
});

describe("an id of another kind", () => {
  it("is not found, even by a user who may see its object", async () => {
    const { tenant, victim, ids } = await victimOf();
    const admin = await createMember(app, tenant, "ADMIN");
    const before = await snapshotOf(app, [victim]);
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    // An admin may name their own tenant in the argument that operators use for any tenant.
    const wants = ({ name }: RootField) =>
      /^update(SecurityPolicy|TenantBrand)$/.test(name)
        ? "tenant"
        : (/(session|passkey|device|registration|tenant|(?<=delete)export)(domain)?$/i.exec(name)?.[1]?.toLowerCase() ??
          "user");
    for (const field of fields.filter(({ name }) => !NULLING.includes(name)))
      for (const [kind, id] of Object.entries(ids))
        if (kind !== wants(field))
          for (const { code } of await call(field, isForOperators(field) ? operator : admin, id))
            expect(code, `${kind} to ${field.name}`).toBe("NOT_FOUND");
    expect(await snapshotOf(app, [victim])).toEqual(before);
  });
});

describe("an invalid id", () => {
  it.each([
    "",
    " ",
    "1",
    "null",
    "undefined",
    "*",
    "%",
    "../me",
    "' or '1'='1",
    "00000000000070008000000000000000",
    "{00000000-0000-7000-8000-000000000000}",
    "00000000-0000-7000-8000-00000000000g",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
    "x".repeat(10_000),
    7,
    2 ** 31,
  ])("is not found: %j", async (id) => {
    const admin = await createMember(app, await createTenant(app), "ADMIN");
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    for (const field of fields)
      for (const { code, answer } of await call(field, isForOperators(field) ? operator : admin, id))
        expect(
          code === "NOT_FOUND" || (NULLING.includes(field.name) && code === null && isNothing(answer)),
          `${field.name}: ${code}`,
        ).toBe(true);
  });

  it("except in capitals, which means the same id", async () => {
    const admin = await createMember(app, await createTenant(app), "ADMIN");
    const { user } = await admin.client.ask("query ($id: ID!) { user(id: $id) { id } }", {
      id: admin.id.toUpperCase(),
    });
    expect(user?.id).toBe(admin.id);
  });
});
