import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { findUserForUpdate } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import { canView, lookupScope } from "#shared/access-policy";
import { alignByKey } from "#shared/align-by-key";
import { type ClientInfo, labelOf } from "#shared/client-info";
import { after, DAY } from "#shared/durations";
import { AppError } from "#shared/errors";
import { type DeviceId, parseId, type SessionId, type TenantId, type UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import {
  type DeviceRow,
  deleteDevice,
  deleteDevicesBeyond,
  deleteDevicesOfUser,
  deleteDevicesUnusedSince,
  deleteForgottenDevicesBefore,
  findDevice,
  findKnownDevice,
  hasDeviceSeenBefore,
  insertDevice,
  type KnownDevice,
  listDevicesByIds,
  listDevicesOfUsers,
  updateDeviceUsed,
} from "./devices.repository.ts";

export type { KnownDevice };

const TOKEN_BYTES = 32;
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/;

/** The maximum lifetime of a device's cookie (browsers allow 400 days). A device unused for longer cannot return. */
const DEVICE_LIFETIME_MS = 400 * DAY;
/** The most devices kept for one user. A client that keeps no cookies is a new device at every login. */
export const MAX_DEVICES = 50;
const SWEEP_BATCH = 500;

/**
 * How long the record of a forgotten device is kept. An unwanted e-mail change can be undone from a device that was known seven
 * days before the change, even if a thief has forgotten it since. The undo link lives 72 hours.
 */
const FORGOTTEN_RETENTION_MS = 10 * DAY;

/** The device of a login: either known for the user, or new with the token that will identify it. */
export interface ResolvedDevice {
  readonly id: DeviceId;
  readonly token: string;
  readonly known: boolean;
}

/** Recognises the devices that a user logs in from. */
export class DevicesService {
  constructor(private readonly deps: { db: Db; clock: Clock; ids: Ids }) {}

  /** The hash by which a presented token is looked up. For a malformed token, the hash of the empty string, which no device has. */
  hashDeviceToken(token: string | null): Buffer {
    return hashOf(token && TOKEN_FORM.test(token) ? token : "");
  }

  /** Whether the device with this token is known for the user. */
  async isKnown(db: Db, userId: UserId, tokenHash: Buffer): Promise<boolean> {
    return (await findKnownDevice(db, { userId, tokenHash })) !== null;
  }

  /** Whether the token belongs to this device; false if the device was forgotten. */
  async isTokenOf(db: Db, id: DeviceId, token: string): Promise<boolean> {
    const [device] = await listDevicesByIds(db, [id]);
    return device !== undefined && timingSafeEqual(device.tokenHash, this.hashDeviceToken(token));
  }

  /**
   * The device of a login. An unknown device gets a new token. A presented unknown token is never adopted, because an attacker who
   * knows it might have planted it in the client (fixation).
   */
  resolveDevice(token: string | null, knownId: DeviceId | null): ResolvedDevice {
    if (token && knownId) return { id: knownId, token, known: true };
    return { id: this.deps.ids.next(), token: randomBytes(TOKEN_BYTES).toString("base64url"), known: false };
  }

  /**
   * Records a successful login on the device, in the login's transaction; with `trust`, the device becomes trusted.
   * `session` is the session that the login opens.
   * @returns false if a known device was forgotten after it was recognised: a login in progress must not restore its token
   */
  async recordLogin(
    tx: Db,
    user: { id: UserId; tenantId: TenantId },
    device: ResolvedDevice,
    client: ClientInfo,
    { trust = false, session = null }: { trust?: boolean; session?: SessionId | null } = {},
  ): Promise<boolean> {
    return this.#note(tx, user, device, client, { trust, logins: 1, session });
  }

  /** Makes a device known before its first login, because the user confirmed the login by mail; with `trust`, it becomes trusted. */
  async confirm(
    tx: Db,
    user: { id: UserId; tenantId: TenantId },
    device: ResolvedDevice,
    client: ClientInfo,
    { trust }: { readonly trust: boolean },
  ): Promise<void> {
    await this.#note(tx, user, device, client, { trust, logins: 0, session: null });
  }

  /** Forgets all devices of the user after an incident. A token presented later counts as a new device. */
  async forgetAll(tx: Db, userId: UserId): Promise<void> {
    await deleteDevicesOfUser(tx, userId, this.deps.clock.now());
  }

  async #note(
    tx: Db,
    user: { id: UserId; tenantId: TenantId },
    device: ResolvedDevice,
    client: ClientInfo,
    { trust, logins, session }: { trust: boolean; logins: number; session: SessionId | null },
  ): Promise<boolean> {
    const now = this.deps.clock.now();
    const noted = {
      id: device.id,
      userId: user.id,
      description: client.device,
      lastUsedAt: now,
      lastLocation: labelOf(client.location),
      trustedAt: trust ? now : null,
      loginCount: logins,
    };
    if (device.known) return updateDeviceUsed(tx, noted);
    await insertDevice(tx, {
      ...noted,
      tenantId: user.tenantId,
      tokenHash: hashOf(device.token),
      firstSeenAt: now,
      createdBySession: session,
    });
    return true;
  }

  /**
   * Forgets a device of the viewer: its token counts as a new device afterwards. Only the owner loses a privilege, so no event is
   * recorded.
   * @throws {AppError} NOT_FOUND if it is not the viewer's
   */
  async remove(viewer: Viewer, id: string): Promise<DeviceId> {
    const deviceId = parseId<DeviceId>(id);
    const removed =
      deviceId &&
      (await this.deps.db.transaction(async (tx) => {
        // Locks the user as logins do: they update the device after its sessions, and the sessions must learn that it was deleted.
        await findUserForUpdate(tx, viewer.userId);
        const device = { id: deviceId, userId: viewer.userId };
        const now = this.deps.clock.now();
        return deleteDevice(tx, device, now);
      }));
    if (!removed) throw new AppError("NOT_FOUND");
    return deviceId;
  }

  /** The device with this id if the viewer may see it; otherwise null. */
  async findVisible(viewer: Viewer, id: string): Promise<KnownDevice | null> {
    const deviceId = parseId<DeviceId>(id);
    const device = deviceId && (await findDevice(this.deps.db, lookupScope(viewer), deviceId));
    return device && canView(viewer, device, "sessions:read") ? device : null;
  }

  /** For DataLoader: the known devices of users, the most recently used first, at most MAX_DEVICES for each user. */
  readonly ofUsers = async (userIds: readonly UserId[]): Promise<KnownDevice[][]> => {
    const devices = await listDevicesOfUsers(this.deps.db, userIds);
    return userIds.map((userId) => devices.filter((device) => device.userId === userId).slice(0, MAX_DEVICES));
  };

  /** Deletes devices unused for DEVICE_LIFETIME_MS, all but the MAX_DEVICES newest of each user, and old records of forgotten devices. */
  async sweep(): Promise<void> {
    const unusedSince = after(this.deps.clock.now(), -DEVICE_LIFETIME_MS);
    while ((await deleteDevicesUnusedSince(this.deps.db, unusedSince, SWEEP_BATCH)) === SWEEP_BATCH);
    while ((await deleteDevicesBeyond(this.deps.db, MAX_DEVICES, SWEEP_BATCH)) > 0);
    const forgottenBefore = after(this.deps.clock.now(), -FORGOTTEN_RETENTION_MS);
    while ((await deleteForgottenDevicesBefore(this.deps.db, forgottenBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }

  /** Whether the token is of a device that the user had before this instant, even if it has been forgotten since. */
  async wasKnown(db: Db, userId: UserId, token: string | null, before: Date): Promise<boolean> {
    return hasDeviceSeenBefore(db, { userId, tokenHash: this.hashDeviceToken(token), before });
  }

  /** Whether the user has had this device since before this instant. */
  async isKnownSince(db: Db, id: DeviceId, before: Date): Promise<boolean> {
    const [device] = await listDevicesByIds(db, [id]);
    return device !== undefined && device.firstSeenAt <= before;
  }

  /** For DataLoader. */
  readonly byIds = async (ids: readonly DeviceId[]): Promise<(DeviceRow | null)[]> =>
    alignByKey(ids, await listDevicesByIds(this.deps.db, ids), (device) => device.id);
}

/** A random 256-bit token does not need a slow hash. */
const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();
