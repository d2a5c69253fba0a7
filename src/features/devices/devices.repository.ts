import { inArray, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { devices } from "./devices.table.ts";

export type DeviceRow = typeof devices.$inferSelect;

export const listDevicesByIds = (db: Db, ids: readonly DeviceId[]): Promise<DeviceRow[]> =>
  db
    .select()
    .from(devices)
    .where(inArray(devices.id, [...ids]));

/** Inserts a device, or counts one more login where the user has it already. */
export const insertOrTouchDevice = async (db: Db, device: DeviceRow): Promise<void> => {
  await db
    .insert(devices)
    .values(device)
    .onConflictDoUpdate({
      target: [devices.userId, devices.tokenHash],
      set: {
        lastUsedAt: device.lastUsedAt,
        description: device.description,
        loginCount: sql`${devices.loginCount} + 1`,
      },
    });
};
