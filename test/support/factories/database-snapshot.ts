import { sql } from "drizzle-orm";
import type { TestApp } from "../servers/app.ts";

/**
 * Everything stored about these users, except when they were last active and how many step-ups failed. A refused operation must
 * leave it unchanged.
 */
export const snapshotOf = async (
  { app }: Pick<TestApp, "app">,
  people: readonly ({ readonly id: string } | null)[],
) => {
  const ids = sql.join(
    people.flatMap((person) => (person ? [sql`${person.id}::uuid`] : [])),
    sql`, `,
  );
  return app.db.execute(sql`
    select 'user' as kind, to_jsonb(u) as row from users u where id in (${ids})
    union all select 'password', to_jsonb(p) from passwords p where user_id in (${ids})
    union all select 'passkey', to_jsonb(k) from passkeys k where user_id in (${ids})
    union all select 'social account', to_jsonb(o) from social_accounts o where user_id in (${ids})
    union all select 'totp', to_jsonb(t) from totp_secrets t where user_id in (${ids})
    union all select 'backup code', to_jsonb(b) from backup_codes b where user_id in (${ids})
    union all select 'session', to_jsonb(s) - 'last_activity_at' - 'used_generation' - 'failed_proofs' from sessions s where user_id in (${ids})
    union all select 'device', to_jsonb(d) from devices d where user_id in (${ids})
    union all select 'login', to_jsonb(c) from login_challenges c where user_id in (${ids})
    union all select 'mailed code', to_jsonb(m) from email_codes m where user_id in (${ids})
    union all select 'link', to_jsonb(l) from links l where user_id in (${ids})
    union all select 'registration', to_jsonb(r) from registrations r
      where tenant_id in (select tenant_id from users where id in (${ids}))
    union all select 'event', to_jsonb(e) from security_events e where user_id in (${ids})
    order by 1, 2`);
};
