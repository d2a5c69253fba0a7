import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { Link, LinksService } from "#features/links/index";
import {
  ACCOUNT_SECURED,
  type CredentialCleanup,
  type FactorResets,
  type PasskeyAssertions,
  type PasskeySubmission,
  type TotpService,
} from "#features/login/index";
import { type PasswordsService, RESET_PASSWORD_LINK } from "#features/passwords/index";
import type { SessionsService } from "#features/sessions/index";
import { canonicalEmail, findUserById, findUserForUpdate, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { DAY, SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { LinkId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { undoCutoff } from "./email-change.policy.ts";
import { type AddressOutcome, addressOf, asEmailTaken, type EmailChangeService } from "./email-change.service.ts";
import { UNDO_EMAIL_CHANGE_LINK } from "./link-purposes.ts";
import { EMAIL_CHANGE_UNDONE } from "./mails/email-change-undone.ts";

/** The credential by which the owner proves, in addition to the mailed link, that the account is theirs. */
export interface UndoCredential {
  readonly deviceToken: string | null;
  readonly password?: string | null | undefined;
  readonly totpCode?: string | null | undefined;
  readonly passkey?: PasskeySubmission | null | undefined;
}

export interface EmailChangeUndoDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "consume">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly links: LinksService;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly devices: Pick<DevicesService, "wasKnown" | "forgetAll">;
  readonly passwords: Pick<PasswordsService, "wasValid">;
  readonly totp: Pick<TotpService, "verify">;
  readonly passkeys: Pick<PasskeyAssertions, "verifyUnbound">;
  readonly cleanup: Pick<CredentialCleanup, "removeSuspicious">;
  readonly factorResets: Pick<FactorResets, "cancel">;
  readonly changes: Pick<EmailChangeService, "vacate">;
}

/** The number of proofs that one link accepts. Access to a mailbox alone must not allow guessing passwords. */
const attemptsWith = (id: LinkId) => ({ key: `undo-email-change:${id}`, limit: 10, window: (3 * DAY) / SECOND });

type UndoLink = Link<NonNullable<(typeof UNDO_EMAIL_CHANGE_LINK)["payload"]>>;

/** A change, or several consecutive changes, that the owner may undo. */
interface Undoable {
  readonly user: User;
  /** The link that was used, and the earliest one still open. The address that the earliest link restores is the owner's. */
  readonly link: UndoLink;
  readonly earliest: UndoLink;
}

/**
 * The responses to the notice that the old address receives about an e-mail change. The reader of the old mailbox may no longer
 * be the owner, so both responses require, besides the link, a credential that is older than the change.
 */
export class EmailChangeUndo {
  constructor(private readonly deps: EmailChangeUndoDeps) {}

  /**
   * "Yes, that was me": invalidates the undo link. Only in a browser that the user had before the change.
   * @throws {AppError} INVALID_TOKEN, FORBIDDEN/OLDER_CREDENTIAL_REQUIRED
   */
  async keep(token: string, deviceToken: string | null): Promise<{ email: string }> {
    const { db, devices, links } = this.deps;
    const { user, link } = await this.#find(token);
    const cutoff = undoCutoff(link.createdAt, user.createdAt);
    if (!(await devices.wasKnown(db, user.id, deviceToken, cutoff))) throw olderCredentialRequired();
    if ((await links.consume(db, UNDO_EMAIL_CHANGE_LINK, token)) === null) throw new AppError("INVALID_TOKEN");
    return { email: user.email };
  }

  /**
   * "No, undo": restores the earliest address that was changed in the last 72 hours, or cancels a change that is still pending.
   * All sessions end, all devices are forgotten, credentials added after the change was requested are removed, and the password
   * must be reset by mail.
   * @throws {AppError} INVALID_TOKEN, FORBIDDEN/OLDER_CREDENTIAL_REQUIRED, RATE_LIMITED, CONFLICT/EMAIL_TAKEN
   */
  async undo(token: string, proof: UndoCredential, client: ClientInfo): Promise<{ email: string }> {
    const { changes, links, sessions } = this.deps;
    const undoable = await this.#find(token);
    await this.#verifyOwner(undoable, proof, client);
    return asEmailTaken(() =>
      sessions.withSessionInvalidation(undoable.user.id, async (tx): Promise<AddressOutcome> => {
        const user = await findUserForUpdate(tx, undoable.user.id);
        const open = await links.listUsable(tx, undoable.user.id, UNDO_EMAIL_CHANGE_LINK);
        const [earliest] = open;
        const link = user && (await links.consume(tx, UNDO_EMAIL_CHANGE_LINK, token));
        if (!user || !link || !earliest) return "INVALID";
        const email = earliest.payload.email;
        if (!(await changes.vacate(tx, email, user.id))) return "TAKEN";
        await this.#lockDownAccount(tx, user, { earliest, open, email }, client);
        return { email };
      }),
    );
  }

  async #find(token: string): Promise<Undoable> {
    const { db, links } = this.deps;
    const link = await links.find(db, UNDO_EMAIL_CHANGE_LINK, token);
    const user = link && (await findUserById(db, link.userId));
    if (!user) throw new AppError("INVALID_TOKEN");
    const [earliest = link] = await links.listUsable(db, user.id, UNDO_EMAIL_CHANGE_LINK);
    return { user, link, earliest };
  }

  /** @throws {AppError} FORBIDDEN/OLDER_CREDENTIAL_REQUIRED, RATE_LIMITED */
  async #verifyOwner(undoable: Undoable, proof: UndoCredential, client: ClientInfo): Promise<void> {
    const { user, link, earliest } = undoable;
    const { db, devices, limits } = this.deps;
    const cutoff = undoCutoff(earliest.createdAt, user.createdAt);
    if (await devices.wasKnown(db, user.id, proof.deviceToken, cutoff)) return;
    const isGiven = proof.password != null || proof.totpCode != null || proof.passkey != null;
    if (!isGiven) throw olderCredentialRequired();
    const { exceeded, retryAfter } = await limits.consume(db, [attemptsWith(link.id)]);
    if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
    if (!(await this.#isOlderCredential(undoable, proof, cutoff, client))) throw olderCredentialRequired();
  }

  async #isOlderCredential(
    { user, earliest }: Undoable,
    proof: UndoCredential,
    cutoff: Date,
    client: ClientInfo,
  ): Promise<boolean> {
    const { db, passkeys, passwords, totp } = this.deps;
    const { password, totpCode, passkey } = proof;
    const factor =
      (totpCode != null && (await totp.verify(user, totpCode))) ||
      (passkey != null && (await passkeys.verifyUnbound(user, passkey)));
    // Consumed, so that it cannot be used for anything else.
    if (factor && isFrom(factor.since, cutoff)) return (await factor.consume(db, client)) !== null;
    if (password == null || earliest.payload.requested?.strongly) return false;
    return passwords.wasValid(user.id, password, cutoff);
  }

  async #lockDownAccount(
    tx: Db,
    user: User,
    {
      earliest,
      open,
      email,
    }: { readonly earliest: UndoLink; readonly open: readonly UndoLink[]; readonly email: string },
    client: ClientInfo,
  ): Promise<void> {
    const { challenges, cleanup, clock, devices, factorResets, links, events, mails, sessions } = this.deps;
    const { id: userId, tenantId, name } = user;
    await challenges.revoke(tx, userId);
    await updateUser(tx, userId, { ...addressOf(email), emailVerified: true, passwordResetRequired: true });
    await links.revoke(tx, userId, ["CREDENTIALS_CHANGED", UNDO_EMAIL_CHANGE_LINK]);
    const { length: endedSessions } = await sessions.endAll(tx, user, "REVOKED", { client });
    await devices.forgetAll(tx, userId);
    const by = open.flatMap(({ payload }) => payload.requested?.by ?? []);
    await factorResets.cancel(tx, { ...user, email }, client);
    await cleanup.removeSuspicious(tx, { ...user, email }, client, { since: earliest.createdAt, by });
    const moved = user.emailCanonical !== canonicalEmail(email);
    // A pending change has not changed anything yet. The only effect is the password reset.
    const happened = moved
      ? ({ type: "EMAIL_CHANGED", details: { undone: true, endedSessions } } as const)
      : ({ type: "PASSWORD_RESET_REQUESTED", details: { required: true, endedSessions } } as const);
    await events.record(tx, { ...happened, tenantId, userId, client });
    const [at, locale] = [clock.now(), toLocale(user.locale)];
    const link = await links.issue(tx, { user, purpose: RESET_PASSWORD_LINK, payload: {} });
    await mails.enqueue(tx, ACCOUNT_SECURED, {
      to: email,
      locale,
      data: { name, at, endedSessions },
      link,
    });
    // Without the name, because the address may belong to someone else.
    if (moved) await mails.enqueue(tx, EMAIL_CHANGE_UNDONE, { to: user.email, locale, data: { at } });
  }
}

const isFrom = (since: Date | null | undefined, cutoff: Date): boolean => since != null && since <= cutoff;

const olderCredentialRequired = (): AppError =>
  new AppError("FORBIDDEN", {
    reason: "OLDER_CREDENTIAL_REQUIRED",
    message:
      "Open the link on a device that you used before the change, or give a password, code or passkey from before it.",
  });
