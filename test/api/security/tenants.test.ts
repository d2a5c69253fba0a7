import { sql } from "drizzle-orm";
import {
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isRequiredArgument,
} from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exports } from "#features/exports/exports.table";
import { suspendedChanges } from "#features/incidents/suspended-changes.table";
import { invitations } from "#features/invitations/invitations.table";
import { factorResets } from "#features/login/resets/factor-resets.table";
import { registrations } from "#features/registration/registrations.table";
import { sapConnections } from "#features/sap/sap-connections.table";
import { DAY } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { post } from "../../support/clients/raw.ts";
import { type RootField, rootFieldsOf } from "../../support/clients/root-fields.ts";
import { everythingOf, guardedSelections, reachableTypes } from "../../support/clients/selections.ts";
import { argumentsWith, type Place, placesOf } from "../../support/factories/arguments.ts";
import { addSocialAccount } from "../../support/factories/social-accounts.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { elevate, LOGIN, logIn, newEmail, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { SCRIPTED } from "../../support/servers/scripted-providers.ts";

/**
 * Two tenants with the same data, except that all of it is marked with its tenant. Whatever the admin of one requests, as deeply
 * as the server allows, the response contains nothing of the other. Generated from the schema, so that new fields are covered
 * automatically.
 */

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, ...SCRIPTED } });
});
afterAll(() => app.stop());

interface Company {
  readonly admin: SignedInUser;
  /** One id of each kind. */
  readonly ids: Readonly<Record<string, string>>;
  /** Everything that only this tenant has: names, addresses, ids. */
  readonly canaries: readonly string[];
}

let founded = 0;

const found = async (): Promise<Company> => {
  const { db, clock, ids: newIds } = app.app;
  const mark = `canary${++founded}x`;
  const tenant = await createTenant(app, `${mark} Ltd`);
  const hire = async (name: string, ...roles: ("ADMIN" | "USER")[]): Promise<SignedInUser> => {
    const [password, email] = [newPassword(), `${mark}.${name}@example.com`];
    const traits = { roles: ["USER" as const, ...roles], name: `${mark} ${name}`, username: `${mark}-${name}` };
    const user = await addUser(app, tenant, { ...traits, email, password });
    // From an address used only for this tenant.
    const client = app.client({ "x-forwarded-for": `203.0.113.${founded}` });
    const login = await logIn(client, email, password, { deviceName: `${mark} laptop` });
    await client.send(LOGIN, { input: { identifier: email, password: newPassword(), deviceName: `${mark} phone` } });
    await elevate(client, { password });
    return { id: user.id, email, password, client, sessionId: login.session.id };
  };
  const admin = await hire("root", "ADMIN");
  const person = await hire("bob");

  const device = new SoftwareAuthenticator();
  const enrolled = await passkeysOf(app).enrol(person, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  await person.client.ask(
    "mutation ($id: ID!, $name: String!) { updatePasskey(input: { passkeyId: $id, name: $name }) { passkey { id } } }",
    {
      id: enrolled.id,
      name: `${mark} key`,
    },
  );
  await addSocialAccount(app, await app.app.users.get(person.id as UserId), `${mark}-provider`, {
    email: `${mark}.bob@provider.example`,
  });
  const place = JSON.stringify({ label: `${mark} City`, city: `${mark} City`, countryCode: "MY" });
  await db.execute(
    sql`update devices set trusted_at = now(), last_location = ${place}::jsonb where tenant_id = ${tenant.id}::uuid`,
  );
  for (const table of ["sessions", "security_events", "login_attempts"])
    await db.execute(
      sql`update ${sql.identifier(table)} set location = ${place}::jsonb where tenant_id = ${tenant.id}::uuid`,
    );
  const requested = { tenantId: tenant.id, locale: "en", requestedAt: clock.now(), reason: `${mark} reason` };
  for (const name of ["waiting", "refused"]) {
    const email = `${mark}.${name}@example.com`;
    const decided = name === "refused";
    await db.insert(registrations).values({
      ...requested,
      id: newIds.next(),
      email,
      emailCanonical: email,
      name: `${mark} ${name}`,
      status: decided ? "REJECTED" : "PENDING",
      ...(decided && { decidedAt: clock.now(), decidedBy: admin.id as typeof registrations.$inferInsert.decidedBy }),
    });
  }
  const invited = `${mark}.invited@example.com`;
  await db.insert(invitations).values({
    id: newIds.next(),
    tenantId: tenant.id,
    email: invited,
    emailCanonical: invited,
    name: `${mark} invited`,
    roles: ["USER"],
    locale: "en",
    invitedBy: admin.id as UserId,
    invitedAt: clock.now(),
    expiresAt: new Date(clock.now().getTime() + DAY),
  });
  await db.insert(factorResets).values({
    id: newIds.next(),
    tenantId: tenant.id,
    userId: person.id as UserId,
    origin: "ADMIN",
    requestedBy: admin.id as UserId,
    requestedAt: clock.now(),
    dueAt: new Date(clock.now().getTime() + DAY),
    notifiedAt: clock.now(),
  });
  await db.insert(suspendedChanges).values({
    id: newIds.next(),
    tenantId: tenant.id,
    userId: admin.id as UserId,
    kind: "EMAIL",
    change: { kind: "EMAIL", email: `${mark}.moved@example.com` },
    madeAt: clock.now(),
    suspendedAt: clock.now(),
  });
  await db.insert(exports).values({
    id: newIds.next(),
    tenantId: tenant.id,
    creatorId: admin.id as UserId,
    kind: "USERS",
    filter: { search: `${mark} search` },
    format: "CSV",
    status: "READY",
    createdAt: clock.now(),
    expiresAt: new Date(clock.now().getTime() + DAY),
  });
  await db.insert(sapConnections).values({
    tenantId: tenant.id,
    baseUrl: `https://${mark}.example.com/`,
    credentials: `${mark} secret`,
    reachable: true,
    checkedAt: clock.now(),
    services: [`${mark}_SERVICE`],
  });

  // Every row with an id that belongs to this tenant, in any table.
  const tables = await db.execute<{ name: string }>(sql`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name in ('id', 'tenant_id') group by 1 having count(*) = 2`);
  const rows = await Promise.all(
    tables.map(
      async ({ name }) =>
        [
          name,
          await db.execute<{ id: string }>(
            sql`select id from ${sql.identifier(name)} where tenant_id = ${tenant.id}::uuid order by id`,
          ),
        ] as const,
    ),
  );
  const ids = {
    tenants: tenant.id,
    ...Object.fromEntries(rows.flatMap(([name, [row]]) => (row ? [[name, row.id]] : []))),
  };
  for (const kind of [
    "users",
    "sessions",
    "devices",
    "passkeys",
    "social_accounts",
    "security_events",
    "login_attempts",
    "registrations",
    "invitations",
    "factor_resets",
    "suspended_changes",
    "exports",
  ])
    expect(ids).toHaveProperty(kind);
  const canaries = [
    mark,
    tenant.id,
    `203.0.113.${founded}"`,
    ...rows.flatMap(([, found]) => found.map(({ id }) => id)),
  ];
  return { admin, ids, canaries };
};

/** An operation, and the id that it contains. */
interface Operation {
  readonly query: string;
  readonly id: string | null;
}

/** Every operation that selects all of a field, with each of the ids in each id argument. */
const operationsWith = (field: RootField, ids: readonly string[]): Operation[] => {
  const operations = ids.flatMap((id) => operationsOf(field, id));
  return [...new Map(operations.map((operation) => [JSON.stringify(operation), operation])).values()];
};

/** The id is a variable, so the server parses and validates an operation once for all of them. */
const THE_ID = "$id";

const selections = new Map<string, string>();

const selectionOf = ({ field }: RootField, type: GraphQLNamedType | undefined): string => {
  const key = `${field.type} ${type}`;
  const known = selections.get(key) ?? everythingOf(app.app.schema, field.type, type);
  selections.set(key, known);
  return known;
};

const operationsOf = (field: RootField, id: string): Operation[] => {
  const { schema } = app.app;
  const named = getNamedType(field.field.type);
  const concrete = isAbstractType(named) ? kindsOf(schema, named) : [undefined];
  const places: (Place | undefined)[] = placesOf(field).filter(({ type }) => type === "ID");
  // Also without an id, if that is possible: then the field concerns the caller's own tenant, which a mutation may change.
  if (field.kind === "query" && places.every((place) => !place?.required)) places.push(undefined);
  return places.flatMap((place) =>
    concrete.map((type) => {
      // The representation of an entity is one value, no part of which can be a variable.
      const named = field.name === "_entities" ? id : THE_ID;
      const args = Object.entries(asks(field) ? askingFor(field, place, named) : actingOn(field, place, named));
      const first = field.field.args.some(({ name }) => name === "first") ? ["first: 3"] : [];
      const given = [...args.map(([name, value]) => `${name}: ${literal(value)}`), ...first].join(", ");
      const asked = `{ ${field.name}${given && `(${given})`} ${selectionOf(field, type)} }`;
      return given.includes(THE_ID)
        ? { query: `${field.kind} ($id: ID!) ${asked}`, id }
        : { query: `${field.kind} ${asked}`, id: null };
    }),
  );
};

/** The concrete types; security events, of which there are many types, by their interface. */
const kindsOf = (schema: GraphQLSchema, type: GraphQLAbstractType): readonly GraphQLNamedType[] => {
  const events = schema.getType("SecurityEvent") as GraphQLInterfaceType;
  const others = schema.getPossibleTypes(type).filter((possible) => !possible.getInterfaces().includes(events));
  return others.length < schema.getPossibleTypes(type).length ? [...others, events] : others;
};

/** Whether it is a query with filters; the one for entities names each of them. */
const asks = ({ kind, name }: RootField): boolean => kind === "query" && name !== "_entities";

/** No filter except the id, so that the result is as large as possible. */
const askingFor = ({ field }: RootField, place: Place | undefined, id: string): Record<string, unknown> => {
  const required = field.args.filter((arg) => isRequiredArgument(arg) && getNamedType(arg.type).name !== "ID");
  const [name, ...path] = place?.path ?? [];
  const value = path.reduceRight<unknown>((within, key) => ({ [key]: within }), id);
  return { ...Object.fromEntries(required.map((arg) => [arg.name, "sample"])), ...(name && { [name]: value }) };
};

const actingOn = (field: RootField, place: Place | undefined, id: string): Record<string, unknown> =>
  argumentsWith(field, ({ type, required }) => (required ? sampleOf(type) : undefined), place, id);

const sampleOf = (type: string): unknown => {
  if (type === "Int") return 5;
  if (type === "Boolean") return true;
  return type === "EmailAddress" ? newEmail() : "sample";
};

/** A value as a literal of an operation; upper-case strings become enum values. */
const literal = (value: unknown): string => {
  if (value === THE_ID) return THE_ID;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, of]) => `${name}: ${literal(of)}`)
      .join(", ")} }`;
  return typeof value === "string" && !/^[A-Z_]+$/.test(value) ? JSON.stringify(value) : String(value);
};

/** The guarded fields of the admin's own account and tenant, which other operations leave out. */
const ofOwn = (): string[] =>
  [...guardedSelections(app.app.schema)].map(([path, selection]) => {
    const root = path.startsWith("User.") ? "me" : "tenant";
    return `query { ${root} { __typename ${selection} } }`;
  });

const answerTo = async (
  { admin }: Pick<Company, "admin">,
  { query, id = null }: { readonly query: string; readonly id?: string | null },
): Promise<string> => {
  const body = { query, ...(id !== null && { variables: { id } }) };
  const { text, status } = await post(app, body, { authorization: `Bearer ${admin.client.accessToken}` });
  // An operation that the server does not run would prove nothing.
  expect(text, query).not.toMatch(
    /GRAPHQL_VALIDATION_FAILED|GRAPHQL_PARSE_FAILED|Cannot query field|may not contain|could have more than/,
  );
  expect(status, query).not.toBe(500);
  return text;
};

const typesIn = (text: string): string[] => [...text.matchAll(/"__typename":"(\w+)"/g)].map(([, name]) => name ?? "");

describe("of two tenants with the same data", () => {
  let one: Company;
  let other: Company;
  beforeAll(async () => {
    [one, other] = [await found(), await found()];
  });

  it("neither is visible to the other's admin in any operation, as deep as operations can be", async () => {
    const queries = rootFieldsOf(app.app.schema).filter(({ kind }) => kind === "query");
    for (const [viewer, stranger] of [
      [one, other],
      [other, one],
    ] as const) {
      const seen = new Set<string>();
      for (const field of queries)
        for (const operation of operationsWith(field, [...Object.values(viewer.ids), ...Object.values(stranger.ids)])) {
          const text = await answerTo(viewer, operation);
          for (const type of typesIn(text)) seen.add(type);
          const leaked = stranger.canaries.filter((canary) => text.includes(canary));
          expect(leaked, operation.query.slice(0, 200)).toEqual([]);
        }
      for (const query of ofOwn()) {
        const text = await answerTo(viewer, { query });
        for (const type of typesIn(text)) seen.add(type);
        expect(
          stranger.canaries.filter((canary) => text.includes(canary)),
          query.slice(0, 200),
        ).toEqual([]);
      }
      // Otherwise the test would prove nothing: everything visible was returned.
      const hidden = ["TenantConnection", "TenantEdge", "PendingLogin", "TokenClaims", "LinkStatus"];
      const missing = [...reachableTypes(app.app.schema, seen)].filter(
        (type) => !seen.has(type) && !hidden.includes(type),
      );
      expect(missing).toEqual([]);
      // The kinds of events depend on what happened; the isolation applies to rows, whatever their kind.
      expect([...seen].filter((type) => type.endsWith("Event")).length).toBeGreaterThan(1);
    }
    // Several hundred queries, each for everything.
  });

  it("both are visible to an operator in the same operations", async () => {
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const lists = ["users", "allSessions", "registrations", "loginAttempts", "tenants"];
    const fields = rootFieldsOf(app.app.schema).filter(({ name }) => lists.includes(name));
    const texts: string[] = [];
    for (const field of fields)
      for (const operation of operationsWith(field, [one.ids.users ?? "", other.ids.users ?? ""]))
        texts.push(await answerTo({ admin: operator }, operation));
    for (const { ids, canaries } of [one, other])
      for (const canary of [canaries[0], ids.tenants, ids.users, ids.sessions, ids.login_attempts])
        expect(
          texts.some((text) => canary && text.includes(canary)),
          canary,
        ).toBe(true);
  });

  it("neither is changed by the other's admin, whose mutations return nothing of it", async () => {
    const mutations = rootFieldsOf(app.app.schema).filter(
      ({ kind, ...field }) => kind === "mutation" && placesOf({ kind, ...field }).some(({ type }) => type === "ID"),
    );
    expect(mutations.length).toBeGreaterThan(8);
    for (const field of mutations)
      for (const { query, id } of operationsWith(field, Object.values(other.ids))) {
        // Without any id it concerns the admin's own tenant.
        if (id === null) continue;
        const text = await answerTo(one, { query, id });
        expect(
          other.canaries.filter((canary) => text.includes(canary)),
          query.slice(0, 200),
        ).toEqual([]);
        // Those that issue tokens verify the refresh token before the tenant.
        const refused = ["issueAccessToken", "refreshToken"].includes(field.name)
          ? /INVALID_REFRESH_TOKEN/
          : /NOT_FOUND|FORBIDDEN/;
        expect(text, field.name).toMatch(refused);
      }
    await other.admin.client.ask("{ me { id } }");
  });
});
