import { sql } from "drizzle-orm";
import type { TestApp } from "./app.ts";

/** Everything stored in the database, as text, by table, including jobs. */
const tables = async ({ app: { db } }: TestApp): Promise<Record<string, string>> => {
  const found = await db.execute<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema in ('public', 'graphile_worker')`);
  const contents = await Promise.all(
    found.map(async ({ schema, name }) => {
      const rows = await db.execute(
        sql`select to_jsonb(t)::text as row from ${sql.identifier(schema)}.${sql.identifier(name)} t`,
      );
      return [name.replace(/_(\d{4}_\d{2}|default)$/, ""), rows.map(({ row }) => row).join("\n")] as const;
    }),
  );
  const merged: Record<string, string> = {};
  for (const [name, content] of contents) merged[name] = `${merged[name] ?? ""}${content}`;
  return merged;
};

/** Every place where secrets must not be found: the log, the metrics, each table. */
export const tracesIn = async (app: TestApp): Promise<Record<string, string>> => ({
  log: app.logs.join(""),
  metrics: await (await fetch(`${app.url}/metrics`)).text(),
  ...(await tables(app)),
});
