import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { LinksService } from "#features/links/index";
import { updateEntryBlocked } from "#features/memberships/index";
import { findPassword } from "#features/passwords/index";
import type { SessionsService } from "#features/sessions/index";
import {
  canonicalEmail,
  findUserByEmail,
  findUserForUpdate,
  lockUsers,
  type User,
  updateUser,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { after } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { FactorResetId, MembershipId, TenantId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import { CANCEL_FACTOR_RESET_LINK } from "../link-purposes.ts";
import { FACTOR_RESET_CANCELLED } from "../mails/factor-reset-cancelled.ts";
import { FACTOR_RESET_REQUESTED } from "../mails/factor-reset-requested.ts";
import { MFA_CHANGED } from "../mails/mfa-changed.ts";
import { deleteBackupCodes, deletePendingBackupCodes } from "../second-factors/backup-code/backup-codes.repository.ts";
import { deletePasskeysOfUser } from "../second-factors/passkey/passkeys.repository.ts";
import { deleteTotp } from "../second-factors/totp/totp.repository.ts";
import {
  ENTRY_BLOCK_MS,
  type FactorResetOrigin,
  mayRequestReset,
  mayStillRequest,
  NOTICE_INTERVAL_MS,
  RESET_WAIT_MS,
} from "./factor-resets.policy.ts";
import {
  type FactorResetRow,
  findLastResetDone,
  findPendingReset,
  insertFactorReset,
  listResetsToHandle,
  updateResetEnded,
  updateResetNotified,
} from "./factor-resets.repository.ts";

export interface FactorResetsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly challenges: Pick<ChallengesService, "get" | "revoke">;
  readonly links: Pick<LinksService, "find" | "consume" | "issue" | "revoke">;
}

/** Who requests a reset. */
interface FactorResetRequest {
  readonly origin: FactorResetOrigin;
  readonly requestedBy: UserId | null;
}

/** Who carries a reset out: a second admin, or the server if it is due. */
interface CarriedOutBy {
  readonly approvedBy: UserId | null;
  readonly client: ClientInfo | null;
}

const BY_SERVER: CarriedOutBy = { approvedBy: null, client: null };

const BATCH = 100;

/**
 * Recovery for a user who has lost all second factors. An attacker cannot use it unnoticed: it waits, the owner is notified every
 * day, and any sign of the owner stops it. Afterwards the next login needs a mailed code and enrols a factor.
 */
export class FactorResets {
  constructor(private readonly deps: FactorResetsDeps) {}

  /**
   * Starts the wait, for a login that has completed its first factor and lacks the second. A reset that is already waiting continues.
   * @returns when the factors will be reset
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST for a login that does not lack a factor of its user,
   * FORBIDDEN/FACTOR_RESET_REFUSED
   */
  async request(challenge: string, client: ClientInfo): Promise<{ dueAt: Date }> {
    const { challenges, clock, db } = this.deps;
    const pending = await challenges.get(challenge);
    if (pending.reason !== "SECOND_FACTOR_ENABLED")
      throw new AppError("BAD_REQUEST", { message: "This login does not wait for one of the user's second factors." });
    const now = clock.now();
    const outcome = await db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, pending.user.id);
      if (user === null) return "REFUSED";
      const waiting = await findPendingReset(tx, user.id);
      if (waiting) return waiting;
      const password = pending.methods.includes("PASSWORD") ? await findPassword(tx, user.id) : null;
      const last = await findLastResetDone(tx, user.id);
      const { roles } = user;
      const known = { roles, passwordSetByMailAt: password?.setByMailAt ?? null, lastDoneAt: last?.doneAt ?? null };
      if (!mayRequestReset(known, now)) return "REFUSED";
      return this.start(tx, user, { origin: "USER", requestedBy: null }, client);
    });
    if (outcome === "REFUSED") throw refused();
    return { dueAt: outcome.dueAt };
  }

  /** For DataLoader: the waiting reset of each user, or null. */
  readonly waitingOf = (ids: readonly UserId[]) =>
    Promise.all(
      ids.map(async (id) => {
        const reset = await findPendingReset(this.deps.db, id);
        return reset && { ...reset, status: "WAITING" as const };
      }),
    );

  /** Stops a reset with its mailed link. @throws {AppError} INVALID_TOKEN */
  async cancelByLink(token: string, client: ClientInfo): Promise<FactorResetId> {
    const { db, links } = this.deps;
    const link = await links.find(db, CANCEL_FACTOR_RESET_LINK, token);
    const cancelled =
      link &&
      (await db.transaction(async (tx) => {
        const user = await findUserForUpdate(tx, link.userId);
        if (!user || !(await links.consume(tx, CANCEL_FACTOR_RESET_LINK, token))) return null;
        return this.cancel(tx, user, client);
      }));
    if (!cancelled) throw new AppError("INVALID_TOKEN");
    return cancelled;
  }

  /** Stops the viewer's reset, after a step-up with a factor that is not lost. @throws {AppError} NOT_FOUND */
  async cancelOwn({ userId }: Viewer, client: ClientInfo): Promise<FactorResetId> {
    const cancelled = await this.deps.db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      return user && this.cancel(tx, user, client);
    });
    if (!cancelled) throw new AppError("NOT_FOUND");
    return cancelled;
  }

  /** Stops a waiting reset. Requires the lock on the user's row. @returns its id, or null if none is waiting */
  async cancel(tx: Db, user: User, client: ClientInfo | null): Promise<FactorResetId | null> {
    const { clock, events, links, mails } = this.deps;
    const now = clock.now();
    const reset = await findPendingReset(tx, user.id);
    if (!reset || !(await updateResetEnded(tx, reset.id, { cancelledAt: now }))) return null;
    await links.revoke(tx, user.id, [CANCEL_FACTOR_RESET_LINK]);
    await events.record(tx, eventOf(user, client, { state: "CANCELLED" }));
    const data = { name: user.name, at: now, byAdmin: reset.origin === "ADMIN" };
    await mails.enqueue(tx, FACTOR_RESET_CANCELLED, {
      to: user.email,
      locale: toLocale(user.locale),
      data,
    });
    return reset.id;
  }

  /** Stops a reset that an admin has requested since then. Requires the lock on the user's row. */
  async cancelRequestedByAdmin(tx: Db, user: User, since: Date): Promise<void> {
    const reset = await findPendingReset(tx, user.id);
    if (reset?.origin === "ADMIN" && reset.requestedAt >= since) await this.cancel(tx, user, null);
  }

  /** Resets a user's factors immediately, from the command line on the server. @returns false if there is no such user */
  async resetNow(email: string): Promise<boolean> {
    const { db } = this.deps;
    const found = await findUserByEmail(db, canonicalEmail(email));
    if (found === null) return false;
    return this.deps.sessions.withSessionInvalidation(found.id, async (tx) => {
      const user = await findUserForUpdate(tx, found.id);
      if (user === null) return false;
      const reset = await this.#replace(tx, user, { origin: "SERVER", requestedBy: null });
      return this.carryOut(tx, user, reset, BY_SERVER);
    });
  }

  /** Carries out the resets that are due, and notifies the owners of those that are waiting. */
  async handleDue(): Promise<void> {
    const { clock, db } = this.deps;
    const now = clock.now();
    const notifiedBefore = after(now, -NOTICE_INTERVAL_MS);
    for (const { id, userId, requestedBy, dueAt } of await listResetsToHandle(db, {
      now,
      notifiedBefore,
      limit: BATCH,
    }))
      await this.deps.sessions.withSessionInvalidation(userId, async (tx) => {
        // Lock both together, so that this and a suspension of the admin are serialized.
        const people = await lockUsers(tx, requestedBy === null ? [userId] : [userId, requestedBy]);
        const user = people.get(userId);
        const reset = user && (await findPendingReset(tx, userId));
        if (!user || reset?.id !== id) return false;
        if (requestedBy !== null && !mayStillRequest(people.get(requestedBy) ?? null, user))
          return this.cancel(tx, user, null);
        if (dueAt <= now) return this.carryOut(tx, user, reset, BY_SERVER);
        await updateResetNotified(tx, id, now);
        await this.#notifyUser(tx, user, reset, null);
        return true;
      });
  }

  /** Starts the wait and notifies the owner. Requires the lock on the user's row. It replaces a waiting reset. */
  async start(tx: Db, user: User, by: FactorResetRequest, client: ClientInfo): Promise<FactorResetRow> {
    const reset = await this.#replace(tx, user, by);
    await this.#notifyUser(tx, user, reset, client);
    return reset;
  }

  async #replace(
    tx: Db,
    { id: userId, tenantId }: User,
    { origin, requestedBy }: FactorResetRequest,
  ): Promise<FactorResetRow> {
    const { clock, ids } = this.deps;
    const now = clock.now();
    const waiting = await findPendingReset(tx, userId);
    if (waiting) await updateResetEnded(tx, waiting.id, { cancelledAt: now });
    const ends = { approvedBy: null, cancelledAt: null, doneAt: null };
    const waits = { requestedAt: now, dueAt: after(now, RESET_WAIT_MS[origin]), notifiedAt: now };
    const reset = { id: ids.next<FactorResetId>(), tenantId, userId, origin, requestedBy, ...waits, ...ends };
    await insertFactorReset(tx, reset);
    return reset;
  }

  /** Resets the factors. Requires the lock on the user's row. @returns false if the reset was cancelled or done concurrently */
  async carryOut(tx: Db, user: User, { id }: FactorResetRow, { approvedBy, client }: CarriedOutBy): Promise<boolean> {
    const { challenges, clock, events, links, mails, sessions } = this.deps;
    const now = clock.now();
    if (!(await updateResetEnded(tx, id, { doneAt: now, approvedBy }))) return false;
    await deletePasskeysOfUser(tx, user.id);
    await deleteTotp(tx, user.id);
    await deleteBackupCodes(tx, user.id);
    await deletePendingBackupCodes(tx, user.id);
    await updateUser(tx, user.id, { mustEnrol: true, preferredFactor: null });
    await challenges.revoke(tx, user.id);
    await links.revoke(tx, user.id, [CANCEL_FACTOR_RESET_LINK]);
    const entryBlockedUntil = after(now, ENTRY_BLOCK_MS);
    const blocked = await updateEntryBlocked(tx, user, entryBlockedUntil);
    const { length: endedSessions } = await sessions.endAll(tx, user, "REVOKED");
    await events.record(tx, ...blocked.map((membership) => entryBlocked(user, membership, entryBlockedUntil)));
    await events.record(
      tx,
      eventOf(user, client, { state: "DONE", ...(approvedBy && { by: approvedBy }), endedSessions }),
    );
    const data = { name: user.name, at: now, change: "FACTORS_RESET" } as const;
    await mails.enqueue(tx, MFA_CHANGED, { to: user.email, locale: toLocale(user.locale), data });
    return true;
  }

  /** Notifies the owner, with a link that stops it: at the request, and every day until it is done. */
  async #notifyUser(
    tx: Db,
    user: User,
    { dueAt, origin, requestedBy }: FactorResetRow,
    client: ClientInfo | null,
  ): Promise<void> {
    const { clock, events, links, mails } = this.deps;
    await events.record(
      tx,
      eventOf(user, client, { state: "WAITING", dueAt: dueAt.toISOString(), ...(requestedBy && { by: requestedBy }) }),
    );
    const link = await links.issue(tx, { user, purpose: CANCEL_FACTOR_RESET_LINK, payload: {} });
    const data = { name: user.name, at: clock.now(), due: dueAt, byAdmin: origin === "ADMIN" };
    const locale = toLocale(user.locale);
    await mails.enqueue(tx, FACTOR_RESET_REQUESTED, { to: user.email, locale, data, link });
  }
}

const eventOf = (
  { id: userId, tenantId }: User,
  client: ClientInfo | null,
  details: { readonly state: "WAITING" | "CANCELLED" | "DONE" } & Readonly<Record<string, unknown>>,
) => ({ type: "FACTOR_RESET" as const, tenantId, userId, client, details });

/** Another tenant refuses entry from now on. It learns when that ends, but not about the reset. */
const entryBlocked = (
  { id: userId }: User,
  { id: membershipId, tenantId }: { readonly id: MembershipId; readonly tenantId: TenantId },
  until: Date,
) => ({
  type: "MEMBERSHIP_CHANGED" as const,
  tenantId,
  userId,
  client: null,
  details: { membershipId, entryBlockedUntil: until.toISOString() },
});

const refused = (): AppError =>
  new AppError("FORBIDDEN", {
    reason: "FACTOR_RESET_REFUSED",
    message:
      "The second factors of this account cannot be reset this way now. Use a backup code, or ask an administrator.",
  });
