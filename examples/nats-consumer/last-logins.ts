import postgres from "postgres";
import type { PortcullisEvent } from "./consumer.ts";

/** When each user logged in last, in the database of this service. */
export const openLastLogins = async (databaseUrl: string) => {
  const sql = postgres(databaseUrl, { onnotice: () => {} });
  await sql`create table if not exists seen_events (id text primary key, seen_at timestamptz not null default now())`;
  await sql`create table if not exists last_logins (user_id text primary key, at timestamptz not null, logins int not null)`;

  return {
    /** Applies an event once, however often it is delivered: its id is stored in the transaction that applies it. */
    handle: (event: PortcullisEvent): Promise<void> =>
      sql.begin(async (tx) => {
        const [isNew] = await tx`insert into seen_events (id) values (${event.id}) on conflict do nothing returning id`;
        if (isNew) await apply(tx, event);
      }),

    close: () => sql.end(),
  };
};

const apply = async (tx: postgres.TransactionSql, { type, subject, time }: PortcullisEvent): Promise<void> => {
  switch (type) {
    case "auth.user.login":
      await tx`
        insert into last_logins (user_id, at, logins) values (${subject}, ${time}, 1)
        on conflict (user_id) do update set at = excluded.at, logins = last_logins.logins + 1`;
      return;
    case "auth.user.deleted":
      // Personal data must be deleted with the user.
      await tx`delete from last_logins where user_id = ${subject}`;
      return;
    default:
    // Other types do not matter here, and later versions add some.
  }
};
