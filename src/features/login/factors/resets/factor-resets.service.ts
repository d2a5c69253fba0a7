import type { Clock } from "../../../../platform/clock.ts";
import type { Db } from "../../../../platform/database/database.ts";
import type { Ids } from "../../../../platform/ids.ts";
import type { MailQueue } from "../../../../platform/mail/index.ts";
import type { Client } from "../../../../shared/client.ts";
import { after } from "../../../../shared/durations.ts";
import { AppError } from "../../../../shared/errors.ts";
import type { FactorResetId, UserId } from "../../../../shared/ids.ts";
import { toLocale } from "../../../../shared/locales.ts";
import type { Viewer } from "../../../../shared/viewer.ts";
import type { SecurityLog } from "../../../audit/index.ts";
import type { ChallengesService } from "../../../challenges/index.ts";
import type { LinksService } from "../../../links/index.ts";
import { findPassword } from "../../../passwords/index.ts";
import type { SessionsService } from "../../../sessions/index.ts";
import { canonicalEmail, findUserByEmail, findUserForUpdate, type User, updateUser } from "../../../users/index.ts";
import { deleteBackupCodes, deletePendingBackupCodes } from "../backup-codes/backup-codes.repository.ts";
import { deletePasskeysOfUser } from "../passkeys/passkeys.repository.ts";
import { deleteTotp } from "../totp/totp.repository.ts";
import { type FactorResetOrigin, mayRequestReset, RESET_WAITS, TOLD_EVERY } from "./factor-resets.policy.ts";
import {
  type FactorResetRow,
  findLastResetDone,
  findPendingReset,
  insertFactorReset,
  listResetsToHandle,
  updateResetEnded,
  updateResetTold,
} from "./factor-resets.repository.ts";

export interface FactorResetsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<SecurityLog, "record">;
  readonly sessions: Pick<SessionsService, "changing" | "endAll">;
  readonly challenges: Pick<ChallengesService, "get" | "revoke">;
  readonly links: Pick<LinksService, "find" | "consume" | "issue" | "revoke">;
}

const BATCH = 100;

/**
 * Giving a user who has lost all second factors a way back that a thief cannot take unseen: it waits, is told every day, and
 * any sign of the owner stops it. After it the next login proves a mailed code and enrols a factor.
 */
export class FactorResets {
  readonly #deps: FactorResetsDeps;

  constructor(deps: FactorResetsDeps) {
    this.#deps = deps;
  }

  /**
   * Starts the wait, for a login that has proved its first factor and lacks the second; a reset that waits already goes on.
   * @returns when the factors will be reset
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST for a login that lacks no factor of its user's,
   * FORBIDDEN/FACTOR_RESET_REFUSED
   */
  async request(challenge: string, client: Client): Promise<{ dueAt: Date }> {
    const { challenges, clock, db, ids } = this.#deps;
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
      const reset = this.#newReset(ids.next<FactorResetId>(), user, "USER", now);
      await insertFactorReset(tx, reset);
      await this.#tell(tx, user, reset, client);
      return reset;
    });
    if (outcome === "REFUSED") throw refused();
    return { dueAt: outcome.dueAt };
  }

  /** Stops a reset by the link of its mail. @throws {AppError} INVALID_TOKEN */
  async cancelByLink(token: string, client: Client): Promise<void> {
    const { db, links } = this.#deps;
    const link = await links.find(db, "cancel-factor-reset", token);
    const cancelled =
      link &&
      (await db.transaction(async (tx) => {
        const user = await findUserForUpdate(tx, link.userId);
        if (!user || !(await links.consume(tx, "cancel-factor-reset", token))) return false;
        return this.cancel(tx, user, client);
      }));
    if (!cancelled) throw new AppError("INVALID_TOKEN");
  }

  /** Stops the viewer's reset, after a step-up with the factor that is not lost. @throws {AppError} NOT_FOUND */
  async cancelOwn({ userId }: Viewer, client: Client): Promise<void> {
    const cancelled = await this.#deps.db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      return user !== null && this.cancel(tx, user, client);
    });
    if (!cancelled) throw new AppError("NOT_FOUND");
  }

  /** Stops a reset that waits, behind the lock on the user's row; false if none does. */
  async cancel(tx: Db, user: User, client: Client): Promise<boolean> {
    const { clock, events, links, mails } = this.#deps;
    const now = clock.now();
    const reset = await findPendingReset(tx, user.id);
    if (!reset || !(await updateResetEnded(tx, reset.id, { cancelledAt: now }))) return false;
    await links.revoke(tx, user.id, ["cancel-factor-reset"]);
    await events.record(tx, eventOf(user, client, { state: "CANCELLED" }));
    const data = { name: user.name, at: now };
    await mails.enqueue(tx, {
      template: "factor-reset-cancelled",
      to: user.email,
      locale: toLocale(user.locale),
      data,
    });
    return true;
  }

  /** Resets the factors of a user without a wait: by whoever operates the server. @returns false if there is no such user */
  async resetNow(email: string): Promise<boolean> {
    const { clock, db, ids } = this.#deps;
    const found = await findUserByEmail(db, canonicalEmail(email));
    if (found === null) return false;
    return this.#changing(found.id, async (tx, user) => {
      const now = clock.now();
      const waiting = await findPendingReset(tx, user.id);
      if (waiting) await updateResetEnded(tx, waiting.id, { cancelledAt: now });
      const reset = this.#newReset(ids.next<FactorResetId>(), user, "SERVER", now);
      await insertFactorReset(tx, { ...reset, dueAt: now });
      return this.#carryOut(tx, user, reset);
    });
  }

  /** Carries out the resets that are due, and tells of those that wait. */
  async handleDue(): Promise<void> {
    const { clock, db } = this.#deps;
    const now = clock.now();
    const toldBefore = after(now, -TOLD_EVERY);
    for (const { id, userId, dueAt } of await listResetsToHandle(db, { now, toldBefore, limit: BATCH }))
      await this.#changing(userId, async (tx, user) => {
        const reset = await findPendingReset(tx, userId);
        if (reset?.id !== id) return false;
        if (dueAt <= now) return this.#carryOut(tx, user, reset);
        await updateResetTold(tx, id, now);
        await this.#tell(tx, user, reset, null);
        return true;
      });
  }

  #newReset(id: FactorResetId, user: User, origin: FactorResetOrigin, now: Date): FactorResetRow {
    const ends = { cancelledAt: null, doneAt: null };
    const waits = { requestedAt: now, dueAt: after(now, RESET_WAITS), toldAt: now };
    return { id, tenantId: user.tenantId, userId: user.id, origin, requestedBy: null, ...waits, ...ends };
  }

  #changing(userId: UserId, work: (tx: Db, user: User) => Promise<boolean>): Promise<boolean> {
    return this.#deps.sessions.changing(userId, async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      return user !== null && work(tx, user);
    });
  }

  async #carryOut(tx: Db, user: User, { id }: FactorResetRow): Promise<boolean> {
    const { challenges, clock, events, links, mails, sessions } = this.#deps;
    const now = clock.now();
    if (!(await updateResetEnded(tx, id, { doneAt: now }))) return false;
    await deletePasskeysOfUser(tx, user.id);
    await deleteTotp(tx, user.id);
    await deleteBackupCodes(tx, user.id);
    await deletePendingBackupCodes(tx, user.id);
    await updateUser(tx, user.id, { mustEnrol: true, preferredFactor: null });
    await challenges.revoke(tx, user.id);
    await links.revoke(tx, user.id, ["cancel-factor-reset"]);
    const endedSessions = await sessions.endAll(tx, user, "REVOKED");
    await events.record(tx, eventOf(user, null, { state: "DONE", endedSessions }));
    const data = { name: user.name, at: now, change: "FACTORS_RESET" } as const;
    await mails.enqueue(tx, { template: "mfa-changed", to: user.email, locale: toLocale(user.locale), data });
    return true;
  }

  /** The owner hears of it, with a link that stops it: at the request, and every day until it is done. */
  async #tell(tx: Db, user: User, { dueAt }: FactorResetRow, client: Client | null): Promise<void> {
    const { clock, events, links, mails } = this.#deps;
    await events.record(tx, eventOf(user, client, { state: "WAITING", dueAt: dueAt.toISOString() }));
    const link = await links.issue(tx, { user, purpose: "cancel-factor-reset" });
    const data = { name: user.name, at: clock.now(), due: dueAt };
    const locale = toLocale(user.locale);
    await mails.enqueue(tx, { template: "factor-reset-requested", to: user.email, locale, data, link });
  }
}

const eventOf = (
  { id: userId, tenantId }: User,
  client: Client | null,
  details: { readonly state: "WAITING" | "CANCELLED" | "DONE" } & Readonly<Record<string, unknown>>,
) => ({ type: "FACTOR_RESET" as const, tenantId, userId, client, details });

const refused = (): AppError =>
  new AppError("FORBIDDEN", {
    reason: "FACTOR_RESET_REFUSED",
    message: "Second factors of this account are not reset this way now. Use a backup code, or ask an administrator.",
  });
