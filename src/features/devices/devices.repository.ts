import { count, desc, gt, inArray, lt, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { statement } from "../../platform/database/statement.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { devices } from "./devices.table.ts";

export type DeviceRow = typeof devices.$inferSelect;

/** The devices with these ids, in no order. */
export const listDevicesByIds = (db: Db, ids: readonly DeviceId[]): Promise<DeviceRow[]> =>
  db
    .select()
    .from(devices)
    .where(inArray(devices.id, [...ids]));

const { placeholder } = sql;

const upsert = statement((db) =>
  db
    .insert(devices)
    .values({
      id: placeholder("id"),
      tenantId: placeholder("tenantId"),
      userId: placeholder("userId"),
      tokenHash: placeholder("tokenHash"),
      description: placeholder("description"),
      firstSeenAt: placeholder("firstSeenAt"),
      lastUsedAt: placeholder("lastUsedAt"),
      loginCount: placeholder("loginCount"),
      lastLocation: placeholder("lastLocation"),
      trustedAt: sql`${placeholder("trustedAt")}::timestamptz`,
    })
    .onConflictDoUpdate({
      target: [devices.userId, devices.tokenHash],
      set: {
        lastUsedAt: sql`excluded.last_used_at`,
        description: sql`excluded.description`,
        lastLocation: sql`excluded.last_location`,
        loginCount: sql`${devices.loginCount} + excluded.login_count`,
        trustedAt: sql`coalesce(${devices.trustedAt}, excluded.trusted_at)`,
      },
    })
    .prepare("upsert_device"),
);

/** Inserts a device, or adds to what is known of it where the user has it already; once trusted it stays so. */
export const upsertDevice = async (db: Db, device: DeviceRow): Promise<void> => {
  await upsert(db, { ...device, trustedAt: device.trustedAt?.toISOString() ?? null });
};

/** Deletes up to `limit` devices that were last used before this instant. */
export const deleteDevicesUnusedSince = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const old = db.select({ id: devices.id }).from(devices).where(lt(devices.lastUsedAt, instant)).limit(limit);
  return (await db.delete(devices).where(inArray(devices.id, old)).returning({ id: devices.id })).length;
};

/** Deletes all but the `kept` most recently used devices of up to `limit` users who have more. */
export const deleteDevicesBeyond = async (db: Db, kept: number, limit: number): Promise<number> => {
  const crowded = db
    .select({ userId: devices.userId })
    .from(devices)
    .groupBy(devices.userId)
    .having(gt(count(), kept))
    .limit(limit);
  const place = sql<number>`row_number() over (partition by ${devices.userId} order by ${desc(devices.lastUsedAt)})`;
  const ranked = db
    .select({ id: devices.id, place: place.as("place") })
    .from(devices)
    .where(inArray(devices.userId, crowded))
    .as("ranked");
  const beyond = db.select({ id: ranked.id }).from(ranked).where(gt(ranked.place, kept));
  return (await db.delete(devices).where(inArray(devices.id, beyond)).returning({ id: devices.id })).length;
};
