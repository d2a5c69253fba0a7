import { inArray, sql } from "drizzle-orm";
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
    })
    .onConflictDoUpdate({
      target: [devices.userId, devices.tokenHash],
      set: {
        lastUsedAt: sql`excluded.last_used_at`,
        description: sql`excluded.description`,
        loginCount: sql`${devices.loginCount} + 1`,
      },
    })
    .prepare("upsert_device"),
);

/** Inserts a device, or counts one more login where the user has it already. */
export const upsertDevice = async (db: Db, device: DeviceRow): Promise<void> => {
  await upsert(db, { ...device });
};
