import { sql } from "drizzle-orm";
import { passwords } from "#features/passwords/index";
import { type Tenant, tenants } from "#features/tenants/index";
import {
  canonicalEmail,
  canonicalUsername,
  insertRoleGrants,
  insertUser,
  type NewUser,
  type User,
} from "#features/users/index";
import type { ClientInfo } from "#shared/client-info";
import type { Role } from "#shared/roles";
import type { BuiltApp, TestApp } from "../servers/app.ts";
import { CLIENT, clientAt, signIn } from "./stored-users.ts";
import { newEmail, newPassword, type SignedInUser } from "./users.ts";

/**
 * A new tenant in which users can register immediately, unless specified otherwise. The number of sessions is unlimited, unless a
 * limit is given.
 */
export const createTenant = async (
  { app }: Pick<BuiltApp, "app">,
  name = "Acme",
  { maxSessions = null, ...policy }: Partial<Pick<Tenant, "maxSessions" | "registration">> = {},
): Promise<Tenant> => {
  const id = app.ids.next<Tenant["id"]>();
  const values = { ...policy, id, slug: id, name, maxSessions, createdAt: app.clock.now() };
  const [tenant] = await app.db.insert(tenants).values(values).returning();
  if (tenant === undefined) throw new Error("The tenant was not inserted.");
  return tenant;
};

/** A user of this tenant, without a password unless one is given. */
export const addUser = async (
  { app }: Pick<BuiltApp, "app">,
  tenant: Pick<Tenant, "id">,
  { password, ...traits }: Partial<NewUser> & { readonly password?: string } = {},
): Promise<User> => {
  const { db, hasher, ids, clock } = app;
  const email = traits.email ?? newEmail("member");
  const user = await insertUser(db, {
    id: ids.next(),
    tenantId: tenant.id,
    emailVerified: true,
    status: "ACTIVE",
    createdAt: clock.now(),
    ...traits,
    email,
    emailCanonical: canonicalEmail(email),
    usernameCanonical: traits.username ? canonicalUsername(traits.username) : null,
  });
  if (user === null) throw new Error(`${email} is taken.`);
  await insertRoleGrants(db, [{ user, roles: user.roles, by: { userId: null } }], user.createdAt);
  if (password !== undefined) {
    const hash = await hasher.hash(password);
    await db.insert(passwords).values({ userId: user.id, tenantId: tenant.id, hash, changedAt: clock.now() });
  }
  return user;
};

/**
 * A user of this tenant with these roles, a session and a stepped-up client. Created through the services, which costs a tenth of
 * a login: no login is recorded, mailed or published. Tests that need those call `signUp`.
 */
export const createMember = async (
  test: TestApp,
  tenant: Pick<Tenant, "id">,
  ...roles: readonly Role[]
): Promise<SignedInUser> => addSignedInUser(test, tenant, { roles }, CLIENT);

/** As `createMember`, in the default tenant and at this machine's address: the result of `signUp`, without its history. */
export const createUser = async (test: TestApp, traits: UserTraits = {}): Promise<SignedInUser> =>
  addSignedInUser(test, await test.app.tenants.default(), { name: "alice", ...traits }, HERE);

/** A user of the default tenant with this role, stepped up. */
export const createUserAs = (
  test: TestApp,
  role: Exclude<Role, "USER">,
  name = role.toLowerCase(),
): Promise<SignedInUser> => createUser(test, { name, roles: [role] });

interface UserTraits {
  readonly name?: string;
  readonly username?: string;
  readonly roles?: readonly Role[];
  /** Whether the access token is elevated. */
  readonly elevated?: boolean;
}

/** A client of these tests, as the server sees it. */
const HERE = clientAt("127.0.0.1", "node");

const addSignedInUser = async (
  test: TestApp,
  tenant: Pick<Tenant, "id">,
  { name, username, roles = [], elevated = true }: UserTraits,
  at: ClientInfo,
): Promise<SignedInUser> => {
  const password = newPassword();
  const user = await addUser(test, tenant, {
    email: newEmail(name ?? "member"),
    name: name ?? null,
    username: username ?? null,
    roles: ["USER", ...roles.filter((role) => role !== "USER")],
    password,
  });
  const { session, deviceToken } = await signIn(test, user, at);
  const { tokens } = test.app;
  const issued = await tokens.issue(session, user);
  const client = test.client();
  client.accessToken = elevated ? (await tokens.elevate(session, user, user.tenantId)).accessToken : issued.accessToken;
  client.refreshToken = issued.refreshToken;
  client.deviceToken = deviceToken;
  return { id: user.id, email: user.email, password, client, sessionId: session.id };
};

/**
 * Registers a visitor in this tenant, through the services; with `APPROVAL` this leaves a registration.
 * @returns the registration's id, if there is one
 */
export const submitRegistration = async (
  { app }: Pick<BuiltApp, "app">,
  { id: tenantId, slug: tenant }: Pick<Tenant, "id" | "slug">,
  { email = newEmail("applicant"), password = newPassword(), name = null as string | null } = {},
): Promise<string> => {
  await app.registration.register({ tenant, email, password, name }, CLIENT);
  const [row] = await app.db.execute<{ id: string }>(sql`
    select id from registrations where tenant_id = ${tenantId} and email_canonical = ${canonicalEmail(email)}
    order by id desc limit 1`);
  return row?.id ?? "";
};

/** A tenant with its admin and one of its users, both logged in. */
export const createTenantWithUsers = async (test: TestApp, name?: string) => {
  const tenant = await createTenant(test, name);
  return { tenant, admin: await createMember(test, tenant, "ADMIN"), bob: await createMember(test, tenant) };
};
