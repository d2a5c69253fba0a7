import { randomBytes } from "node:crypto";
import type { AuditLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { PasswordHasher } from "#platform/password-hashing/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { SessionId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import type { ConsumedFactor, VerifiedFactor } from "../../flow/login.ts";
import { BACKUP_CODE_USED } from "../../mails/backup-code-used.ts";
import type { FactorChanges } from "../../mfa/factor-changes.ts";
import { isMfaEnabled } from "../../mfa/mfa.policy.ts";
import { findMfa } from "../../mfa/mfa.repository.ts";
import type { SecondFactor } from "../second-factor.ts";
import { backupCodeAt, formatBackupCode, parseBackupCode, SECRET_SYMBOLS, SET_SIZE } from "./backup-codes.policy.ts";
import {
  consumeBackupCode,
  deleteBackupCodes,
  deletePendingBackupCodes,
  findUsableBackupCode,
  insertBackupCodes,
  updatePendingBackupCodesInForce,
} from "./backup-codes.repository.ts";

export interface BackupCodesServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly hasher: Pick<PasswordHasher, "hash" | "verify" | "verifyDummy">;
  readonly changes: Pick<FactorChanges, "apply">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** The codes to show once, and their hashes to store, in the order of their positions. */
export interface BackupCodeSet {
  readonly codes: string[];
  readonly hashes: readonly string[];
}

/** Backup codes: a set of ten single-use codes, for a user who has lost the device with the second factor. */
export class BackupCodesService implements SecondFactor {
  constructor(private readonly deps: BackupCodesServiceDeps) {}

  /**
   * Makes a set without storing it. Do not call it within a transaction, because it computes ten slow hashes.
   * @throws {AppError} SERVICE_UNAVAILABLE
   */
  async make(): Promise<BackupCodeSet> {
    const codes = Array.from({ length: SET_SIZE }, (_, at) => backupCodeAt(at, randomBytes(SECRET_SYMBOLS)));
    const hashes: string[] = [];
    // One after the other: ten parallel hashes would occupy ten slots of the queue ahead of users who are logging in.
    for (const { text } of codes) hashes.push(await this.deps.hasher.hash(text));
    return { codes: codes.map(formatBackupCode), hashes };
  }

  /** Stores a set that is inactive until `activatePending`, and replaces a pending one. Requires the lock on the user's row. */
  async storePending(
    tx: Db,
    user: Pick<User, "id" | "tenantId">,
    set: BackupCodeSet,
    createdBySession: SessionId,
  ): Promise<void> {
    await deletePendingBackupCodes(tx, user.id);
    await insertBackupCodes(tx, this.#rowsOf(user, set, { pending: true, createdBySession }));
  }

  /** Activates the pending set and replaces the active one. Requires the lock on the user's row. */
  async activatePending(tx: Db, userId: UserId): Promise<void> {
    await deleteBackupCodes(tx, userId);
    await updatePendingBackupCodesInForce(tx, userId);
  }

  /** Replaces the viewer's codes. @returns the new codes @throws {AppError} BAD_REQUEST if no second factor is enabled */
  async renew(viewer: Viewer, client: ClientInfo): Promise<string[]> {
    const { changes, db } = this.deps;
    const mfa = await findMfa(db, viewer.userId);
    if (!mfa || !isMfaEnabled(mfa)) throw nothingToStandInFor();
    const set = await this.make();
    const done = await changes.apply({ viewer, client }, async (tx, user, before) => {
      // It may have been disabled while the codes were hashed.
      if (!isMfaEnabled(before)) return null;
      await deleteBackupCodes(tx, user.id);
      const state = { pending: false, createdBySession: viewer.sessionId };
      await insertBackupCodes(tx, this.#rowsOf(user, set, state));
      return { change: { kind: "BACKUP_CODES_RENEWED" }, result: set.codes };
    });
    if (!done) throw nothingToStandInFor();
    return done.result;
  }

  async verify(user: User, typed: string): Promise<VerifiedFactor | null> {
    const { db, hasher } = this.deps;
    const code = parseBackupCode(typed);
    const stored = code && (await findUsableBackupCode(db, user.id, code.position));
    // Compute a hash in any case, so that the time does not reveal which codes are left.
    const right = stored ? await hasher.verify(stored.hash, code.text) : await hasher.verifyDummy(NO_CODE);
    if (!stored || !right) return null;
    const { id, createdBySession } = stored;
    return { methods: ["BACKUP_CODE"], createdBySession, consume: (tx, client) => this.#consume(tx, user, id, client) };
  }

  async #consume(tx: Db, user: User, codeId: string, client: ClientInfo): Promise<ConsumedFactor | null> {
    const { clock, events, mails } = this.deps;
    const at = clock.now();
    if (!(await consumeBackupCode(tx, codeId, at))) return null;
    const { id: userId, tenantId, name, email: to } = user;
    const left = (await findMfa(tx, userId))?.backupCodesLeft ?? 0;
    await events.record(tx, { type: "BACKUP_CODE_USED", tenantId, userId, client, details: { left } });
    const data = { name, at, ipAddress: client.ipAddress, device: observedDevice(client.device), left };
    await mails.enqueue(tx, BACKUP_CODE_USED, { to, locale: toLocale(user.locale), data });
    return { left };
  }

  #rowsOf(
    { id: userId, tenantId }: Pick<User, "id" | "tenantId">,
    set: BackupCodeSet,
    state: { readonly pending: boolean; readonly createdBySession: SessionId },
  ) {
    const { clock, ids } = this.deps;
    const createdAt = clock.now();
    return set.hashes.map((hash, position) => ({
      ...state,
      id: ids.next(),
      tenantId,
      userId,
      position,
      hash,
      createdAt,
      usedAt: null,
    }));
  }
}

/** As long as a code, so that hashing it takes as long. The content does not matter. */
const NO_CODE = "0".repeat(1 + SECRET_SYMBOLS);

const nothingToStandInFor = (): AppError =>
  new AppError("BAD_REQUEST", { message: "Backup codes replace a second factor. Enable one first." });
