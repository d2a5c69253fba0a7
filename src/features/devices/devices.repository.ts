import { and, count, desc, eq, getTableColumns, gt, inArray, lt, lte, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { inScope } from "#platform/database/scope";
import type { TenantScope } from "#shared/access-policy";
import type { DeviceId, UserId } from "#shared/ids";
import { devices, forgottenDevices } from "./devices.table.ts";

export type DeviceRow = typeof devices.$inferSelect;

/** The devices with these ids, in no particular order. */
export const listDevicesByIds = (db: Db, ids: readonly DeviceId[]): Promise<DeviceRow[]> =>
  db
    .select()
    .from(devices)
    .where(inArray(devices.id, [...ids]));

const { tokenHash, ...shown } = getTableColumns(devices);

/** A device that its user has logged in from, without the token hash. */
export type KnownDevice = Omit<DeviceRow, "tokenHash">;

/** The devices of these users, the most recently used first. */
export const listDevicesOfUsers = (db: Db, userIds: readonly UserId[]): Promise<KnownDevice[]> =>
  db
    .select(shown)
    .from(devices)
    .where(inArray(devices.userId, [...userIds]))
    .orderBy(desc(devices.lastUsedAt), desc(devices.id));

/** The device with this id, if it is within the scope. */
export const findDevice = async (db: Db, scope: TenantScope, id: DeviceId): Promise<KnownDevice | null> => {
  const [row] = await db
    .select(shown)
    .from(devices)
    .where(and(eq(devices.id, id), inScope(devices.tenantId, scope)));
  return row ?? null;
};

/** The id of the user's device with this token, or null. */
export const findKnownDevice = async (
  db: Db,
  { userId, tokenHash }: Pick<DeviceRow, "userId" | "tokenHash">,
): Promise<DeviceId | null> => {
  const [row] = await db
    .select({ id: devices.id })
    .from(devices)
    .where(and(eq(devices.userId, userId), eq(devices.tokenHash, tokenHash)));
  return row?.id ?? null;
};

/** Deletes the user's device, trusted or not; 0 if the user does not have the device. */
export const deleteDevice = (db: Db, { id, userId }: Pick<DeviceRow, "id" | "userId">, now: Date): Promise<number> =>
  forget(db, and(eq(devices.id, id), eq(devices.userId, userId)), now);

/** Deletes all devices of the user. */
export const deleteDevicesOfUser = (db: Db, userId: UserId, now: Date): Promise<number> =>
  forget(db, eq(devices.userId, userId), now);

/** Deletes these devices and keeps a record of them for a while, in one statement. */
const forget = async (db: Db, which: SQL | undefined, now: Date): Promise<number> => {
  const rows = await db.execute(sql`
    with gone as (
      delete from ${devices} where ${which}
      returning ${devices.userId}, ${devices.tenantId}, ${devices.tokenHash}, ${devices.firstSeenAt}
    ), kept as (
      insert into ${forgottenDevices} (user_id, tenant_id, token_hash, first_seen_at, forgotten_at)
      select user_id, tenant_id, token_hash, first_seen_at, ${now.toISOString()}::timestamptz from gone
      on conflict do nothing
    )
    select 1 from gone`);
  return rows.length;
};

/** Whether the user had this device before that instant, even if it has been forgotten since. */
export const hasDeviceSeenBefore = async (
  db: Db,
  { userId, tokenHash: hash, before }: { readonly userId: UserId; readonly tokenHash: Buffer; readonly before: Date },
): Promise<boolean> => {
  const known = db
    .select({ seenAt: devices.firstSeenAt })
    .from(devices)
    .where(and(eq(devices.userId, userId), eq(devices.tokenHash, hash), lte(devices.firstSeenAt, before)));
  const forgotten = db
    .select({ seenAt: forgottenDevices.firstSeenAt })
    .from(forgottenDevices)
    .where(
      and(
        eq(forgottenDevices.userId, userId),
        eq(forgottenDevices.tokenHash, hash),
        lte(forgottenDevices.firstSeenAt, before),
      ),
    );
  return (await unionAll(known, forgotten)).length > 0;
};

/** Deletes up to `limit` records of devices that were forgotten before this instant. */
export const deleteForgottenDevicesBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { userId, tokenHash: hash } = forgottenDevices;
  const rows = await db.execute(sql`
    delete from ${forgottenDevices} where (user_id, token_hash) in (
      select ${userId}, ${hash} from ${forgottenDevices}
      where ${forgottenDevices.forgottenAt} < ${instant.toISOString()}::timestamptz limit ${limit}
    ) returning user_id`);
  return rows.length;
};

const { placeholder } = sql;

const insert = prepared((db) =>
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
      createdBySession: placeholder("createdBySession"),
      trustedAt: sql`${placeholder("trustedAt")}::timestamptz`,
    })
    .onConflictDoNothing({ target: devices.id })
    .prepare("insert_device"),
);

/**
 * Inserts a device that is new for the user. On a conflict it does nothing: if two requests complete one login concurrently, the
 * second must be refused for the login and not for its device.
 */
export const insertDevice = async (db: Db, device: DeviceRow): Promise<void> => {
  await insert(db, { ...device, trustedAt: device.trustedAt?.toISOString() ?? null });
};

const use = prepared((db) =>
  db
    .update(devices)
    .set({
      lastUsedAt: sql`${placeholder("lastUsedAt")}`,
      description: sql`${sql.param(placeholder("description"), devices.description)}`,
      lastLocation: sql`${sql.param(placeholder("lastLocation"), devices.lastLocation)}`,
      loginCount: sql`${devices.loginCount} + ${placeholder("loginCount")}`,
      trustedAt: sql`coalesce(${devices.trustedAt}, ${placeholder("trustedAt")}::timestamptz)`,
    })
    .where(and(eq(devices.id, placeholder("id")), eq(devices.userId, placeholder("userId"))))
    .returning({ id: devices.id })
    .prepare("update_device_used"),
);

export type DeviceUse = Pick<
  DeviceRow,
  "id" | "userId" | "description" | "lastUsedAt" | "lastLocation" | "trustedAt" | "loginCount"
>;

/** Records a use of the user's device. A trusted device stays trusted. False if the device was deleted. */
export const updateDeviceUsed = async (db: Db, { lastUsedAt, trustedAt, ...device }: DeviceUse): Promise<boolean> => {
  const instants = { lastUsedAt: lastUsedAt.toISOString(), trustedAt: trustedAt?.toISOString() ?? null };
  return (await use(db, { ...device, ...instants })).length > 0;
};

/** Deletes up to `limit` devices that were last used before this instant. */
export const deleteDevicesUnusedSince = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const unused = and(lt(devices.firstSeenAt, instant), lt(devices.lastUsedAt, instant));
  const old = db.select({ id: devices.id }).from(devices).where(unused).limit(limit);
  return (await db.delete(devices).where(inArray(devices.id, old)).returning({ id: devices.id })).length;
};

/** Deletes all but the `kept` most recently used devices of up to `limit` users who have more. */
export const deleteDevicesBeyond = async (db: Db, kept: number, limit: number): Promise<number> => {
  const usersOverLimit = db
    .select({ userId: devices.userId })
    .from(devices)
    .groupBy(devices.userId)
    .having(gt(count(), kept))
    .limit(limit);
  const place = sql<number>`row_number() over (partition by ${devices.userId} order by ${desc(devices.lastUsedAt)})`;
  const ranked = db
    .select({ id: devices.id, place: place.as("place") })
    .from(devices)
    .where(inArray(devices.userId, usersOverLimit))
    .as("ranked");
  const excess = db.select({ id: ranked.id }).from(ranked).where(gt(ranked.place, kept));
  return (await db.delete(devices).where(inArray(devices.id, excess)).returning({ id: devices.id })).length;
};
