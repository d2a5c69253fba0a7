import { passwords } from "../../src/features/passwords/index.ts";
import { type Tenant, tenants } from "../../src/features/tenants/index.ts";
import { canonicalEmail, insertUser, type NewUser, type User } from "../../src/features/users/index.ts";
import type { Role } from "../../src/shared/roles.ts";
import { type Actor, logIn, newEmail, newPassword } from "./actors.ts";
import type { TestApp } from "./app.ts";

/** A tenant of its own. Tenants are not founded through the API yet, and their people cannot register into them. */
export const foundTenant = async ({ app }: TestApp, name = "Acme"): Promise<Tenant> => {
  const id = app.ids.next<Tenant["id"]>();
  const [tenant] = await app.db.insert(tenants).values({ id, slug: id, name, createdAt: app.clock.now() }).returning();
  if (tenant === undefined) throw new Error("The tenant was not inserted.");
  return tenant;
};

/** A user of this tenant, without a password. */
export const addUser = async ({ app }: TestApp, tenant: Tenant, traits: Partial<NewUser> = {}): Promise<User> => {
  const email = traits.email ?? newEmail("member");
  const user = await insertUser(app.db, {
    id: app.ids.next(),
    tenantId: tenant.id,
    emailVerified: true,
    status: "ACTIVE",
    createdAt: app.clock.now(),
    ...traits,
    email,
    emailCanonical: canonicalEmail(email),
  });
  if (user === null) throw new Error(`${email} is taken.`);
  return user;
};

/** Somebody of this tenant with these roles, logged in through the API. */
export const employ = async (test: TestApp, tenant: Tenant, ...roles: readonly Role[]): Promise<Actor> => {
  const { db, hasher, clock } = test.app;
  const user = await addUser(test, tenant, { roles: ["USER", ...roles] });
  const password = newPassword();
  const hash = await hasher.hash(password);
  await db.insert(passwords).values({ userId: user.id, tenantId: tenant.id, hash, changedAt: clock.now() });
  const client = test.client();
  const login = await logIn(client, user.email, password);
  return { id: user.id, email: user.email, password, client, sessionId: login.session.id };
};
