import { asc, eq } from "drizzle-orm";
import type { SecurityEventDraft } from "#features/audit/index";
import { sessions } from "#features/sessions/index";
import type { Tenant } from "#features/tenants/index";
import { type NewUser, type User, users } from "#features/users/index";
import { clientAt, eventsOf, type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { buildTestApp } from "../../support/servers/app.ts";

/** The services, on their own database, and users to act. */
export async function createFixtures() {
  const test = await buildTestApp();
  const { app, close } = test;
  const { db } = app;

  return {
    ...app,
    close,
    databaseUrl: test.database.url,
    newTenant: () => createTenant(test),
    newUser: (tenant: Tenant, traits?: Partial<NewUser>) => addUser(test, tenant, traits),
    signIn: (user: User, ipAddress?: string) => signIn(test, user, ipAddress ? clientAt(ipAddress) : undefined),

    /** A new user with these roles, signed in. */
    async newPerson(tenant: Tenant, ...roles: User["roles"]): Promise<StoredUser> {
      return signIn(test, await addUser(test, tenant, { roles: ["USER", ...roles] }));
    },

    record: (...drafts: SecurityEventDraft[]) => app.events.record(db, ...drafts),

    async reload({ id }: Pick<User, "id">): Promise<User> {
      const [row] = await db.select().from(users).where(eq(users.id, id));
      if (row === undefined) throw new Error("The user does not exist.");
      return row;
    },

    sessionsOf: ({ id }: Pick<User, "id">) =>
      db.select().from(sessions).where(eq(sessions.userId, id)).orderBy(asc(sessions.id)),

    eventsOf: (user: Pick<User, "id">) => eventsOf(test, user),
  };
}

export type Fixtures = Awaited<ReturnType<typeof createFixtures>>;
