import { sql } from "drizzle-orm";
import type { Tenant } from "#features/tenants/index";
import type { TestApp } from "../servers/app.ts";

/**
 * Inserts many members: Person 1, `person1@acme.example`, and so on; every `suspendedEvery`th is suspended. In bulk, because the
 * triggers and the indexes of single users take a minute for a hundred thousand: the triggers' rows are inserted for all of them
 * together, and the indexes are built afterwards.
 */
export const insertCrowd = async (
  { app }: Pick<TestApp, "app">,
  tenant: Pick<Tenant, "id">,
  { size, suspendedEvery }: { readonly size: number; readonly suspendedEvery: number },
): Promise<void> => {
  await app.db.transaction(async (transaction) => {
    await transaction.execute(sql`set local statement_timeout = 0`);
    await transaction.execute(sql`set local session_replication_role = replica`);
    const indexes = await transaction.execute<{ name: string; definition: string }>(sql`
      select indexname as name, indexdef as definition from pg_indexes
      where schemaname = current_schema() and tablename = 'users' and indexdef not like 'CREATE UNIQUE%'`);
    for (const { name } of indexes) await transaction.execute(sql`drop index ${sql.identifier(name)}`);
    await transaction.execute(sql`
      with users as (
        insert into users (id, tenant_id, email, email_canonical, email_verified, name, status, created_at)
        select uuidv7(), ${tenant.id}, email, email, true, 'Person ' || n,
          case when n % ${suspendedEvery} = 0 then 'SUSPENDED' else 'ACTIVE' end, now()
        from generate_series(1, ${size}::int) as n, lateral (select 'person' || n || '@acme.example' as email)
        returning id, tenant_id, created_at
      ), members as (
        insert into memberships (id, tenant_id, user_id, joined_at)
        select id, tenant_id, id, created_at from users
        returning id, tenant_id
      )
      insert into membership_roles (membership_id, role_id)
      select members.id, roles.id from members join roles using (tenant_id) where built_in = 'MEMBER'`);
    for (const { definition } of indexes) await transaction.execute(sql.raw(definition));
  });
  await app.db.execute(sql`analyze users, memberships`);
};
