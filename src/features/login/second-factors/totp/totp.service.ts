import { randomBytes } from "node:crypto";
import type { SessionAuthMethods } from "#features/sessions/index";
import { findUserById, findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { KeyRing, Reencryption } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { VerifiedFactor } from "../../flow/login.ts";
import type { FactorChanges } from "../../mfa/factor-changes.ts";
import type { MfaState } from "../../mfa/mfa.policy.ts";
import { deletePendingBackupCodes } from "../backup-code/backup-codes.repository.ts";
import type { BackupCodesService } from "../backup-code/backup-codes.service.ts";
import type { CodeAttempts } from "../code-attempts.ts";
import { requireCodeForm } from "../code-forms.ts";
import type { SecondFactor } from "../second-factor.ts";
import { qrCodeDataUrl } from "./qr-code.ts";
import {
  consumePendingTotp,
  consumeTotpStep,
  deleteTotp,
  findTotp,
  insertPendingTotp,
  listTotp,
  type TotpRow,
  updateTotpSecrets,
} from "./totp.repository.ts";
import { acceptedStep, isConfirmable, otpauthUrl, SECRET_BYTES, toBase32 } from "./totp-codes.ts";

export interface TotpServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly keyRing: Pick<KeyRing, "encrypt" | "decrypt" | "reencrypt">;
  readonly codeAttempts: Pick<CodeAttempts, "verify" | "reset">;
  readonly changes: Pick<FactorChanges, "apply">;
  readonly authMethods: Pick<SessionAuthMethods, "admitEnrolment">;
  readonly backupCodes: Pick<BackupCodesService, "make" | "storePending" | "activatePending">;
  /** The product's name, as authenticator apps show it. */
  readonly issuer: string;
}

/** The setup, shown once: the secret for the app, and the backup codes to store. */
export interface Enrollment {
  readonly secret: string;
  readonly otpauthUrl: string;
  readonly qrCode: string;
  readonly backupCodes: string[];
}

/** The number of rows read at a time when all are processed. */
const BATCH = 500;

/** Authenticator apps (RFC 6238): one per user, enabled once its first code is confirmed. */
export class TotpService implements SecondFactor {
  constructor(private readonly deps: TotpServiceDeps) {}

  /**
   * Creates a pending secret and pending backup codes, to be confirmed on the same session. An enabled app stays so until then.
   * @throws {AppError} REAUTHENTICATION_REQUIRED without an elevated token or a valid enrolment ticket
   */
  async enable(viewer: Viewer, ticket: string | null = null): Promise<Enrollment> {
    const { backupCodes, clock, db, issuer, keyRing, authMethods } = this.deps;
    const { userId, sessionId, elevationEpoch } = viewer;
    await authMethods.admitEnrolment(db, viewer, ticket);
    const secret = randomBytes(SECRET_BYTES);
    const pendingSecret = keyRing.encrypt(secret, contextOf(userId));
    const codes = await backupCodes.make();
    const user = await db.transaction(async (tx) => {
      const owner = await findUserForUpdate(tx, userId);
      if (!owner) return null;
      await insertPendingTotp(tx, owner, {
        pendingSecret,
        pendingSince: clock.now(),
        pendingBySession: sessionId,
        pendingEpoch: elevationEpoch,
      });
      await backupCodes.storePending(tx, owner, codes, sessionId);
      return owner;
    });
    if (!user) throw new AppError("UNAUTHENTICATED");
    const url = otpauthUrl(secret, issuer, user.email);
    return { secret: toBase32(secret), otpauthUrl: url, qrCode: qrCodeDataUrl(url), backupCodes: codes.codes };
  }

  /**
   * Activates the pending secret with its first code.
   * @throws {AppError} BAD_USER_INPUT if the code is malformed, INVALID_CODE, RATE_LIMITED/MFA_LOCKED; BAD_REQUEST if nothing is
   * pending, or another session started it; REAUTHENTICATION_REQUIRED if the elevations of the session were revoked since
   */
  async confirm(viewer: Viewer, client: ClientInfo, code: string): Promise<MfaState> {
    const user = await findUserById(this.deps.db, viewer.userId);
    if (!user) throw new AppError("UNAUTHENTICATED");
    requireCodeForm("TOTP", code, "input.code");
    const attempt = { user, factor: "TOTP", client, guesser: viewer.sessionId } as const;
    return this.deps.codeAttempts.verify(attempt, () => this.#confirm(viewer, client, code));
  }

  /** Disables the app and deletes a pending one. @throws {AppError} BAD_REQUEST if none is enabled */
  async disable(viewer: Viewer, client: ClientInfo): Promise<MfaState> {
    const done = await this.deps.changes.apply({ viewer, client }, async (tx, { id }, before) => {
      if (!before.totp) return null;
      await deleteTotp(tx, id);
      await deletePendingBackupCodes(tx, id);
      return { change: { kind: "TOTP_DISABLED" }, result: null };
    });
    if (!done) throw new AppError("BAD_REQUEST", { message: "No authenticator app is enabled." });
    return done.mfa;
  }

  async verify({ id: userId }: Pick<User, "id">, code: string): Promise<VerifiedFactor | null> {
    const row = await findTotp(this.deps.db, userId);
    if (!row?.secret) return null;
    const step = this.#acceptedStep(userId, row.secret, code);
    if (step === null || step <= row.lastStep) return null;
    const { createdBySession, enabledAt: since } = row;
    const consume = async (tx: Db) => ((await consumeTotpStep(tx, row, step)) ? {} : null);
    return { methods: ["TOTP"], createdBySession, since, consume };
  }

  /**
   * Encrypts all secrets with the newest key of the ring, while logins continue. A code that is verified at the moment its ciphertext
   * is replaced is rejected; the next code is accepted.
   */
  async reencrypt(): Promise<Reencryption> {
    const outcomes = { RENEWED: 0, CURRENT: 0, UNREADABLE: 0 };
    let batch: readonly TotpRow[] = [];
    do {
      batch = await listTotp(this.deps.db, { after: batch.at(-1)?.userId ?? null, limit: BATCH });
      for (const row of batch) outcomes[await this.#reencrypt(row)] += 1;
    } while (batch.length === BATCH);
    return { renewed: outcomes.RENEWED, unreadable: outcomes.UNREADABLE };
  }

  async #reencrypt(read: TotpRow): Promise<"RENEWED" | "CURRENT" | "UNREADABLE"> {
    const { db } = this.deps;
    // A row that changed since it was read may still use an older key: a pending secret may have become active.
    for (let row: TotpRow | null = read; row !== null; row = await findTotp(db, row.userId)) {
      const renewed = this.#underNewestKey(row);
      if (renewed === null) return "UNREADABLE";
      if (Object.keys(renewed).length === 0) return "CURRENT";
      if (await updateTotpSecrets(db, row, renewed)) return "RENEWED";
    }
    return "CURRENT";
  }

  /** New ciphertexts for values that are not encrypted with the newest key; null if no key decrypts them. */
  #underNewestKey({
    userId,
    secret,
    pendingSecret,
  }: TotpRow): Partial<Pick<TotpRow, "secret" | "pendingSecret">> | null {
    const renew = (text: string | null) => text && this.deps.keyRing.reencrypt(text, contextOf(userId));
    try {
      const renewed = { secret: renew(secret), pendingSecret: renew(pendingSecret) };
      return {
        ...(renewed.secret && { secret: renewed.secret }),
        ...(renewed.pendingSecret && { pendingSecret: renewed.pendingSecret }),
      };
    } catch {
      return null;
    }
  }

  /** Null if the code is wrong. */
  async #confirm(viewer: Viewer, client: ClientInfo, code: string): Promise<MfaState | null> {
    const { backupCodes, changes, clock, db, codeAttempts } = this.deps;
    const { userId } = viewer;
    const now = clock.now();
    const row = await findTotp(db, userId);
    if (!row?.pendingSecret || !row.pendingSince || !isConfirmable(row.pendingSince, now)) throw nothingWaits();
    if (row.pendingBySession !== viewer.sessionId) throw nothingWaits();
    if (row.pendingEpoch !== viewer.elevationEpoch) throw new AppError("REAUTHENTICATION_REQUIRED");
    const { pendingSecret } = row;
    const step = this.#acceptedStep(userId, pendingSecret, code);
    if (step === null) return null;
    const done = await changes.apply({ viewer, client }, async (tx, _user, before) => {
      if (!(await consumePendingTotp(tx, userId, pendingSecret, { step, now }))) return null;
      await backupCodes.activatePending(tx, userId);
      await codeAttempts.reset(tx, userId, viewer.sessionId);
      return { change: { kind: before.totp ? "TOTP_REPLACED" : "TOTP_ENABLED" }, result: null };
    });
    // Another call has confirmed it, or started a new setup, since it was read.
    if (!done) throw nothingWaits();
    return done.mfa;
  }

  #acceptedStep(userId: UserId, encrypted: string, code: string): number | null {
    const { clock, keyRing } = this.deps;
    return acceptedStep(keyRing.decrypt(encrypted, contextOf(userId)), code, clock.now());
  }
}

/** Contains the owner, so that a row moved to another user does not decrypt. */
const contextOf = (userId: UserId): string => `totp:${userId}`;

const nothingWaits = (): AppError =>
  new AppError("BAD_REQUEST", { message: "No authenticator app is pending. Call enableTotp first." });
