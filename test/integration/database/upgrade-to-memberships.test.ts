import { sql } from "drizzle-orm";
import { decodeJwt, decodeProtectedHeader, type JWTHeaderParameters, SignJWT } from "jose";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#platform/database/database";
import { migrateDatabase } from "#platform/database/migrate";
import { MIGRATIONS, readMigrations } from "#platform/database/migrations/read-migrations";
import { runMigrations } from "#platform/database/migrations/run-migrations";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { membershipOf, SET_MEMBER_ROLES, setRoles } from "../../support/factories/roles.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { createEmptyDatabase, type TestDatabase } from "../../support/servers/database.ts";

/** The last migration of the version before memberships. */
const BEFORE = "0023_let_features_own_link_purposes";

/** Tables that a session needs, in the order of their foreign keys. */
const TABLES = ["tenants", "users", "passwords", "devices", "sessions", "signing_keys"];

const ME = "{ me { id memberships { isHome status tenant { id } roles { name } } } }";
const USERS = "{ users(first: 1) { nodes { id } } }";
const UNAUTHENTICATED = { code: "UNAUTHENTICATED", status: 401 };

/** Creates users, their sessions and the keys, in a database of this version. */
let maker: TestApp;
let old: TestDatabase;
/** This version, on the database of the previous version. */
let app: TestApp;
let tenantId: string;
let people: Readonly<
  Record<"user" | "admin" | "operator" | "second" | "demoted" | "suspended" | "promoted" | "specialist", SignedInUser>
>;
/** Users that the previous version created while the migrations ran, with the roles that it gave them. */
const written = new Map<string, string[]>();

beforeAll(async () => {
  maker = await startTestApp();
  const tenant = await createTenant(maker);
  tenantId = tenant.id;
  const hire = async (...roles: ("ADMIN" | "OPERATOR")[]) => asBefore(await createMember(maker, tenant, ...roles));
  people = {
    user: await hire(),
    admin: await hire("ADMIN"),
    operator: await hire("OPERATOR"),
    second: await hire("ADMIN"),
    demoted: await hire("ADMIN"),
    suspended: await hire("ADMIN"),
    promoted: await hire(),
    specialist: await hire(),
  };
  await maker.app.db.execute(sql`update users set status = 'SUSPENDED' where id = ${people.suspended.id}::uuid`);
  const pending = await addUser(maker, tenant, { status: "PENDING_VERIFICATION", emailVerified: false });
  written.set(pending.id, ["USER"]);

  old = await createEmptyDatabase();
  await migrateTo(BEFORE);
  await copyTables();
  await whileTheVersionBeforeWrites(() => migrateDatabase(old.url));
  app = await startTestApp({ replicaOf: { ...maker, database: old } });
});
afterAll(async () => {
  await app?.stop();
  await old?.drop();
  await maker?.stop();
});

const migrateTo = async (last: string): Promise<void> => {
  const client = new pg.Client({ connectionString: old.url });
  await client.connect();
  try {
    const migrations = (await readMigrations(MIGRATIONS)).filter(({ name }) => name <= last);
    await runMigrations({ client, lockTimeoutMs: 5_000, onStep: () => undefined }, migrations);
  } finally {
    await client.end();
  }
};

/** Copies rows of this version, limited to the columns that the previous version had. */
const copyTables = async (): Promise<void> => {
  const { db, close } = openDatabase({ url: old.url, poolSize: 1 });
  for (const table of TABLES) {
    const name = sql.identifier(table);
    const rows = await maker.app.db.execute<{ row: object }>(sql`select to_jsonb(t) as row from ${name} t`);
    await db.execute(sql`
      insert into ${name} select * from jsonb_populate_recordset(null::${name}, ${JSON.stringify(rows.map(({ row }) => row))}::jsonb)
      on conflict do nothing`);
  }
  const [columns] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from information_schema.tables where table_name in ('memberships', 'roles')`);
  expect(columns).toEqual({ count: 0 });
  await close();
};

/** Creates users and changes their roles through the columns of the previous version, from before the migrations until after them. */
const whileTheVersionBeforeWrites = async (run: () => Promise<void>): Promise<void> => {
  const { db, close } = openDatabase({ url: old.url, poolSize: 1 });
  let finished = false;
  const write = async (number: number): Promise<void> => {
    const id = crypto.randomUUID();
    const email = `${id}@example.com`;
    const [first, then] = [["USER"], ["USER", "ADMIN"]].toSorted(() => (number % 2) - 0.5) as [string[], string[]];
    const literal = (roles: readonly string[]) => `{${roles.join()}}`;
    await db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, email_verified, status, roles, created_at)
      values (${id}::uuid, ${tenantId}::uuid, ${email}, ${email}, true, 'ACTIVE', ${literal(first)}::text[], now())`);
    written.set(id, first);
    if (number % 3 === 0) return;
    await db.execute(sql`update users set roles = ${literal(then)}::text[] where id = ${id}::uuid`);
    written.set(id, then);
  };
  const writing = (async () => {
    for (let number = 0; !finished || number < 12; number++) await write(number);
  })();
  await run().finally(() => {
    finished = true;
  });
  await writing;
  await close();
};

/** The actor with an access token as the previous version signed it, with its names of the roles and no permissions. */
const asBefore = async (actor: SignedInUser): Promise<SignedInUser> => {
  const token = String(actor.client.accessToken);
  const { scope, ...claims } = decodeJwt(token);
  const user = await maker.app.users.get(actor.id as Parameters<typeof maker.app.users.get>[0]);
  const role = ["OPERATOR", "ADMIN", "USER"].find((one) => user.roles.some((held) => held === one));
  const key = await maker.app.signingKeys.current();
  actor.client.accessToken = await new SignJWT({ ...claims, role, roles: [...user.roles] })
    .setProtectedHeader(decodeProtectedHeader(token) as JWTHeaderParameters)
    .sign(key.privateKey);
  expect(scope).toBeDefined();
  return actor;
};

/** A client with these tokens that calls the upgraded installation. */
const clientOf = ({ client: { accessToken, refreshToken } }: SignedInUser): GraphQLClient =>
  Object.assign(app.client(), { accessToken, refreshToken });

const refresh = async (client: GraphQLClient): Promise<void> => {
  const { tokens } = (await client.ask(REFRESH, { token: client.refreshToken })).refreshToken;
  client.accessToken = tokens.accessToken;
  client.refreshToken = tokens.refreshToken;
};

const homeWith = (...names: readonly string[]) => [
  { isHome: true, status: "ACTIVE", tenant: { id: tenantId }, roles: names.map((name) => ({ name })) },
];

const byName = (memberships: UntypedData[]): UntypedData[] =>
  memberships.map(({ roles, ...rest }: UntypedData) => ({
    ...rest,
    roles: roles.toSorted((one: UntypedData, other: UntypedData) => other.name.localeCompare(one.name)),
  }));

describe("a database of the version before memberships, after the migrations,", () => {
  it.each([
    ["user", ["MEMBER"]],
    ["admin", ["MEMBER", "ADMIN"]],
    ["operator", ["MEMBER"]],
  ] as const)(
    "keeps the session of the %s alive: its old tokens are accepted, and so are the next ones",
    async (name, roles) => {
      const person = people[name];
      const client = clientOf(person);
      const allowed = async (): Promise<void> => {
        const { me } = await client.ask(ME);
        expect(me?.id).toBe(person.id);
        expect(byName(me?.memberships as UntypedData[])).toEqual(homeWith(...roles));
        const { errors } = await client.send(USERS);
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(name === "user" ? ["FORBIDDEN"] : []);
      };
      await allowed();
      const { accessToken, refreshToken } = client;
      await refresh(client);
      expect(client.accessToken).not.toBe(accessToken);
      expect(client.refreshToken).not.toBe(refreshToken);
      await allowed();
    },
  );

  it("keeps suspended users out, and keeps their roles", async () => {
    const client = clientOf(people.suspended);
    expect(await client.refused(ME)).toMatchObject(UNAUTHENTICATED);
    expect((await client.refused(REFRESH, { token: client.refreshToken })).code).toBe("INVALID_REFRESH_TOKEN");
    expect(await rolesOf(people.suspended.id)).toEqual(["ADMIN", "MEMBER"]);
  });

  it("gives each user a home membership with the roles that the previous version wrote, also during the migrations", async () => {
    expect(written.size).toBeGreaterThan(12);
    for (const [id, roles] of written)
      expect(await rolesOf(id), id).toEqual(roles.includes("ADMIN") ? ["ADMIN", "MEMBER"] : ["MEMBER"]);
    const [missing] = await app.app.db.execute(sql`
      select count(*)::int as count from users u where not exists (
        select from memberships m where m.user_id = u.id and m.tenant_id = u.tenant_id)`);
    expect(missing).toEqual({ count: 0 });
  });

  it("refuses a live token at the next request after setMemberRoles has withdrawn a role; a refresh returns the remaining roles", async () => {
    const demoted = clientOf(people.demoted);
    await demoted.ask(USERS);
    const stepped = await elevated(people.second);
    await setRoles(app, { client: stepped }, people.demoted);
    expect(await demoted.refused(USERS)).toMatchObject(UNAUTHENTICATED);
    await refresh(demoted);
    expect(await demoted.refused(USERS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
    expect(byName((await demoted.ask(ME)).me?.memberships as UntypedData[])).toEqual(homeWith("MEMBER"));
    // The previous version reads this change, too.
    expect(await earlierRolesOf(people.demoted.id)).toEqual(["USER"]);
  });

  it("refuses a live token at the next request after updateRole has removed a permission", async () => {
    const admin = await elevated(people.second);
    const { createRole } = await admin.ask(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }",
      { input: { name: "Readers", permissions: ["users:read"] } },
    );
    const roleId = createRole.role.id;
    const member = clientOf(people.specialist);
    const membershipId = await membershipOf(app, people.specialist);
    await admin.ask(SET_MEMBER_ROLES, { input: { membershipId, roleIds: [roleId] } });
    // The user's roles now differ from those in the old token.
    expect(await member.refused(ME)).toMatchObject(UNAUTHENTICATED);
    await refresh(member);
    await member.ask(USERS);
    await admin.ask("mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id } } }", {
      input: { roleId, permissions: [] },
    });
    expect(await member.refused(USERS)).toMatchObject(UNAUTHENTICATED);
    await refresh(member);
    expect(await member.refused(USERS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
  });

  it("accepts role changes by a replica of the previous version, which apply to live tokens immediately", async () => {
    const client = clientOf(people.promoted);
    await client.ask(ME);
    const write = (roles: string) =>
      app.app.db.execute(sql`update users set roles = ${roles}::text[] where id = ${people.promoted.id}::uuid`);
    await write("{USER,ADMIN}");
    expect(await client.refused(ME)).toMatchObject(UNAUTHENTICATED);
    await refresh(client);
    await client.ask(USERS);
    await write("{USER}");
    expect(await client.refused(USERS)).toMatchObject(UNAUTHENTICATED);
    await refresh(client);
    expect(await client.refused(USERS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
  });
});

/** The person's client after a step-up with the password, as `setMemberRoles` requires. */
const elevated = async (person: SignedInUser): Promise<GraphQLClient> => {
  const client = clientOf(person);
  const { reauthenticate } = await client.ask(
    "mutation ($password: String!) { reauthenticate(input: { password: $password }) { accessToken } }",
    { password: person.password },
  );
  client.accessToken = reauthenticate.accessToken;
  return client;
};

const rolesOf = async (userId: string): Promise<string[]> =>
  (
    await app.app.db.execute<{ name: string }>(sql`
      select r.name from users u join memberships m on m.user_id = u.id and m.tenant_id = u.tenant_id
      join membership_roles mr on mr.membership_id = m.id join roles r on r.id = mr.role_id
      where u.id = ${userId}::uuid order by 1`)
  ).map(({ name }) => name);

const earlierRolesOf = async (userId: string): Promise<string[] | undefined> =>
  (await app.app.db.execute<{ roles: string[] }>(sql`select roles from users where id = ${userId}::uuid`))[0]?.roles;
