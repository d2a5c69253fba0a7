import { lt, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { passwordSchemes } from "./password-schemes.table.ts";
import { passwords } from "./passwords.table.ts";

/** The names of all schemes in use. */
export const listSchemeNames = async (db: Db): Promise<string[]> =>
  (await db.select({ name: passwordSchemes.name }).from(passwordSchemes)).map(({ name }) => name);

/** Inserts schemes, or updates when they were last seen. Sorted, so that two callers cannot deadlock. */
export const upsertSchemes = async (db: Db, names: readonly string[], seenAt: Date): Promise<void> => {
  if (names.length === 0) return;
  await db
    .insert(passwordSchemes)
    .values([...names].sort().map((name) => ({ name, seenAt })))
    .onConflictDoUpdate({
      target: passwordSchemes.name,
      set: { seenAt: sql`greatest(${passwordSchemes.seenAt}, excluded.seen_at)` },
    });
};

/** Deletes schemes that were last seen before this instant. */
export const deleteSchemesSeenBefore = async (db: Db, instant: Date): Promise<number> =>
  (
    await db
      .delete(passwordSchemes)
      .where(lt(passwordSchemes.seenAt, instant))
      .returning({ name: passwordSchemes.name })
  ).length;

/** One stored hash of each scheme. Reads the whole table without locks. */
export const listHashOfEachScheme = async (db: Db): Promise<string[]> => {
  const scheme = sql`substring(${passwords.hash} from ${"^(\\$2[aby]\\$\\d\\d|\\$argon2[id]+(\\$v=\\d+)?\\$m=\\d+,t=\\d+,p=\\d+)"})`;
  const rows = await db
    .select({ hash: sql<string>`min(${passwords.hash})` })
    .from(passwords)
    .groupBy(scheme);
  return rows.map(({ hash }) => hash);
};
