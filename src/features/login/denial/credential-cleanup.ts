import type { AuditLog, SecurityEventDraft } from "#features/audit/index";
import { listTaintedSessions } from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import type { SessionId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { credentialsTainted } from "../login.hooks.ts";
import { MFA_CHANGED } from "../mails/mfa-changed.ts";
import type { FactorChange } from "../mfa/factor-changes.policy.ts";
import { isMfaEnabled } from "../mfa/mfa.policy.ts";
import { findMfa } from "../mfa/mfa.repository.ts";
import type { Taint } from "../mfa/taint.ts";
import {
  deleteBackupCodes,
  deletePendingBackupCodes,
  deleteTaintedBackupCodes,
} from "../second-factors/backup-code/backup-codes.repository.ts";
import { deleteTaintedPasskeys } from "../second-factors/passkey/passkeys.repository.ts";
import { deleteTaintedTotp } from "../second-factors/totp/totp.repository.ts";

export interface CredentialCleanupDeps {
  readonly clock: Clock;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** Credentials that an attacker may have created: added since an instant, or by these sessions. */
export interface Added {
  readonly since: Date | null;
  readonly by: readonly SessionId[];
}

const NOTHING: Added = { since: null, by: [] };

/**
 * Removes the credentials that an attacker may have left behind, in the transaction in which the owner recovers the account.
 * Requires the lock on the user's row; the caller ends the sessions.
 */
export class CredentialCleanup {
  constructor(private readonly deps: CredentialCleanupDeps) {}

  /**
   * Runs after a denied login, a password reset or an unwanted e-mail change, and removes what sessions that ended as suspicious have
   * created. With `added`, also removes what was added since an instant, or by other sessions.
   */
  async removeSuspicious(tx: Db, user: User, client: ClientInfo, { since, by }: Added = NOTHING): Promise<void> {
    const sessions = await listTaintedSessions(tx, user.id, by);
    if (sessions.length > 0 || since) await this.#remove(tx, user, { sessions, since }, client);
  }

  async #remove(tx: Db, user: User, taint: Taint, client: ClientInfo): Promise<void> {
    const { id: userId, tenantId } = user;
    const passkeys = await deleteTaintedPasskeys(tx, userId, taint);
    const totp = await deleteTaintedTotp(tx, userId, taint);
    await deleteTaintedBackupCodes(tx, userId, taint);
    await this.deps.hooks.raise(tx, credentialsTainted, { user, taint, client });
    const left = await findMfa(tx, userId);
    const stillEnabled = left !== null && isMfaEnabled(left);
    // Backup codes replace another factor. Without one they must not become valid for the next one.
    if (!stillEnabled) {
      await deleteBackupCodes(tx, userId);
      await deletePendingBackupCodes(tx, userId);
    }
    const drafts: SecurityEventDraft[] = passkeys.map((passkeyId) => ({
      ...({ type: "PASSKEY_REMOVED", tenantId, userId, client } as const),
      details: { passkeyId, denied: true },
    }));
    if (totp)
      drafts.push({
        type: "MFA_DISABLED",
        tenantId,
        userId,
        client,
        details: { factor: "TOTP", stillEnabled, denied: true },
      });
    if (drafts.length > 0) await this.deps.events.record(tx, ...drafts);
    if (passkeys.length > 0) await this.#notify(tx, user, "PASSKEY_REMOVED");
    if (totp) await this.#notify(tx, user, "TOTP_DISABLED");
  }

  async #notify(tx: Db, { email: to, name, locale }: User, change: FactorChange["kind"]): Promise<void> {
    const { clock, mails } = this.deps;
    const data = { name, at: clock.now(), change };
    await mails.enqueue(tx, MFA_CHANGED, { to, locale: toLocale(locale), data });
  }
}
