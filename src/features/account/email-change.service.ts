import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { Link, LinksService } from "#features/links/index";
import { hasVerifiedFactorOf } from "#features/login/index";
import {
  ALREADY_REGISTERED,
  type EarlierUsers,
  findAddressHolderForUpdate,
  type UserCreation,
} from "#features/registration/index";
import type { SessionsService } from "#features/sessions/index";
import { findSessionBasis } from "#features/sessions/index";
import {
  canonicalEmail,
  findUserByEmail,
  findUserForUpdate,
  isUnverified,
  type NewUser,
  type User,
  updateUser,
  validateEmail,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import { undoCutoff } from "./email-change.policy.ts";
import { CHANGE_EMAIL_LINK, type EmailChangeRequest, UNDO_EMAIL_CHANGE_LINK } from "./link-purposes.ts";
import { CHANGE_EMAIL_NOTICE } from "./mails/change-email-notice.ts";
import { CHANGE_EMAIL_VERIFY } from "./mails/change-email-verify.ts";
import { EMAIL_CHANGED } from "./mails/email-changed.ts";

export interface EmailChangeServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly mails: Pick<MailQueue, "reserve" | "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly devices: Pick<DevicesService, "isKnownSince">;
  readonly links: LinksService;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly creation: Pick<UserCreation, "closeAddress">;
  readonly earlierUsers: Pick<EarlierUsers, "convertAddress">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  /** Whether a user may learn that an address is taken. */
  readonly revealTakenEmail: boolean;
}

export type AddressOutcome = { readonly email: string } | "INVALID" | "TAKEN";

/** Changes the address of a user: requested by the user, verified at the new address. */
export class EmailChangeService {
  constructor(private readonly deps: EmailChangeServiceDeps) {}

  /**
   * Mails a link to the new address, and a notice with an undo link to the old one. An address that is taken gets the same
   * response, and its owner is notified.
   * @throws {AppError} BAD_USER_INPUT; BAD_REQUEST if it is already the viewer's address; CONFLICT/EMAIL_TAKEN if the setting
   * allows revealing it
   */
  async request(viewer: Viewer, newEmail: string): Promise<void> {
    const { db, links, mails, revealTakenEmail } = this.deps;
    const faults = validateEmail(newEmail, "input.newEmail");
    if (faults.length > 0) throw badInput(...faults);

    const outcome = await db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, viewer.userId);
      if (user === null) return "DELETED";
      if (user.emailCanonical === canonicalEmail(newEmail)) return "SAME";
      const holder = await findUserByEmail(tx, canonicalEmail(newEmail));
      const owner = holder && isVerifiedHolder(holder) ? holder : null;
      if (owner && revealTakenEmail) return "TAKEN";

      // Counts against the budget of the new address, whether or not it is taken, before older links are revoked. An exhausted budget
      // must not revoke a link that was sent.
      const { reserved } = await mails.reserve(tx, CHANGE_EMAIL_VERIFY, { to: newEmail });
      // The newest request replaces older ones, even if it cannot succeed.
      if (reserved) await links.revoke(tx, user.id, [CHANGE_EMAIL_LINK]);
      // Also for an address that is taken, though its link is not mailed: a change that is not pending would reveal it.
      const link = reserved
        ? await links.issue(tx, { user, purpose: CHANGE_EMAIL_LINK, payload: { email: newEmail } })
        : null;
      if (owner) await this.#notifyOwner(tx, owner, reserved);
      else if (link) await this.#mailConfirmation(tx, user, newEmail, link);
      // Older undo links stay valid. Otherwise an attacker could revoke the owner's by requesting one change after another.
      const payload = { email: user.email, requested: await this.#describeRequest(tx, viewer, user) };
      const undo = { user, purpose: UNDO_EMAIL_CHANGE_LINK, payload } as const;
      // Sent in either case, so that its absence does not reveal to the reader of the old mailbox that the new address is taken.
      await mails.enqueue(tx, CHANGE_EMAIL_NOTICE, {
        to: user.email,
        locale: toLocale(user.locale),
        data: { name: user.name, newEmail },
        link: await links.issue(tx, undo),
      });
      return "REQUESTED";
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "SAME") throw new AppError("BAD_REQUEST", { message: "This is your address already." });
    if (outcome === "TAKEN") throw emailTaken();
  }

  /** For DataLoader: the address that each user has requested and not verified, or null. */
  readonly pendingOf = (ids: readonly UserId[]): Promise<(string | null)[]> =>
    Promise.all(
      ids.map(async (id) => {
        const [link] = await this.deps.links.listUsable(this.deps.db, id, CHANGE_EMAIL_LINK);
        return link?.payload.email ?? null;
      }),
    );

  /** Invalidates the link to the new address. The undo links stay valid. @throws {AppError} NOT_FOUND if no change is pending */
  async cancel({ userId }: Viewer): Promise<void> {
    const { db, links } = this.deps;
    const isCancelled = await db.transaction(async (tx) => {
      // Serializes it with the use of the link, and with another request.
      await findUserForUpdate(tx, userId);
      const [link] = await links.listUsable(tx, userId, CHANGE_EMAIL_LINK);
      if (link) await links.revoke(tx, userId, [CHANGE_EMAIL_LINK]);
      return link !== undefined;
    });
    if (!isCancelled) throw new AppError("NOT_FOUND");
  }

  /** Records the requesting session, and whether it used a factor or device that the user had long before. */
  async #describeRequest(tx: Db, { sessionId: by }: Viewer, user: User): Promise<EmailChangeRequest> {
    const { clock, devices } = this.deps;
    const cutoff = undoCutoff(clock.now(), user.createdAt);
    const basis = await findSessionBasis(tx, by);
    if (basis === null) return { by, strongly: false };
    const { authenticatedWith: methods, deviceId, passkeyId } = basis;
    const strongly =
      (deviceId !== null && (await devices.isKnownSince(tx, deviceId, cutoff))) ||
      (await hasVerifiedFactorOf(tx, user.id, { methods, passkeyId }, cutoff));
    return { by, strongly };
  }

  async #mailConfirmation(tx: Db, user: User, newEmail: string, link: Link): Promise<void> {
    const locale = toLocale(user.locale);
    await this.deps.mails.enqueue(
      tx,
      CHANGE_EMAIL_VERIFY,
      { to: newEmail, locale, data: {}, link },
      { reserved: true },
    );
  }

  /** Notifies both addresses of the completed change. */
  async #notifyBoth(tx: Db, user: User, newEmail: string): Promise<void> {
    const { clock, mails } = this.deps;
    const data = { name: user.name, at: clock.now(), newEmail };
    const locale = toLocale(user.locale);
    for (const to of [user.email, newEmail]) await mails.enqueue(tx, EMAIL_CHANGED, { to, locale, data });
  }

  async #notifyOwner(tx: Db, owner: User, reserved: boolean): Promise<void> {
    const data = { name: owner.name, at: this.deps.clock.now() };
    const locale = toLocale(owner.locale);
    await this.deps.mails.enqueue(tx, ALREADY_REGISTERED, { to: owner.email, locale, data }, { reserved: reserved });
  }

  /**
   * Uses the link that verifies the new address.
   * @throws {AppError} INVALID_TOKEN, CONFLICT/EMAIL_TAKEN
   */
  async confirm(token: string, client: ClientInfo): Promise<{ email: string }> {
    const { db, links, sessions } = this.deps;
    const pending = await links.find(db, CHANGE_EMAIL_LINK, token);
    if (pending === null) throw new AppError("INVALID_TOKEN");
    return asEmailTaken(() =>
      sessions.withSessionInvalidation(pending.userId, async (tx): Promise<AddressOutcome> => {
        const user = await findUserForUpdate(tx, pending.userId);
        const link = user && mayMove(user) ? await links.consume(tx, CHANGE_EMAIL_LINK, token) : null;
        if (user === null || link === null) return "INVALID";
        const email = link.payload.email;
        return (await this.move(tx, user, email, client)) ? { email } : "TAKEN";
      }),
    );
  }

  /**
   * Assigns a verified address to the user, whose row is locked, and notifies both addresses.
   * @returns false if another user has verified it
   */
  async move(tx: Db, user: User, email: string, client: ClientInfo | null): Promise<boolean> {
    const { challenges, events, links } = this.deps;
    if (!(await this.vacate(tx, email, user.id))) return false;
    await updateUser(tx, user.id, { ...addressOf(email), emailVerified: true });
    // Login codes and links mailed to the old address must no longer give access.
    await challenges.revoke(tx, user.id);
    await links.revoke(tx, user.id, ["CREDENTIALS_CHANGED"]);
    await events.record(tx, { type: "EMAIL_CHANGED", tenantId: user.tenantId, userId: user.id, client });
    await this.#notifyBoth(tx, user, email);
    return true;
  }

  /**
   * Closes everything pending for an address that its owner has just verified: registrations, their challenges and links, and
   * users of earlier versions who never verified it.
   * @returns false if another user has verified it
   */
  async vacate(tx: Db, email: string, newOwner: UserId): Promise<boolean> {
    const { creation, earlierUsers } = this.deps;
    const emailCanonical = canonicalEmail(email);
    await earlierUsers.convertAddress(tx, emailCanonical);
    const holder = await findAddressHolderForUpdate(tx, emailCanonical);
    if (holder !== null && holder.id !== newOwner) return false;
    await creation.closeAddress(tx, emailCanonical);
    return true;
  }
}

/**
 * Whether a requested change may still be completed. Not while a password reset is required, because the requester may be the
 * attacker who caused the reset, and the reset link would be sent to their address.
 */
const mayMove = ({ status, passwordResetRequired }: User): boolean => status === "ACTIVE" && !passwordResetRequired;

/**
 * Whether a user holds the address permanently. A user who never verified it does not, and neither does a user invited there.
 * Otherwise a thief could invite the old address, and its owner could not restore it.
 */
const isVerifiedHolder = (holder: User): boolean => !isUnverified(holder);

/** How an address is stored. */
export const addressOf = (email: string): Pick<NewUser, "email" | "emailCanonical"> => ({
  email,
  emailCanonical: canonicalEmail(email),
});

const emailTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "EMAIL_TAKEN", message: "This address is taken." });

/**
 * Runs a transaction that assigns an address to a user.
 * @throws {AppError} INVALID_TOKEN, CONFLICT/EMAIL_TAKEN
 */
export const asEmailTaken = async (change: () => Promise<AddressOutcome>): Promise<{ email: string }> => {
  const outcome = await change().catch((error: unknown) => {
    // The unique constraint resolves concurrent changes to the same address.
    if (violatedUniqueConstraint(error) === null) throw error;
    return "TAKEN" as const;
  });
  if (outcome === "INVALID") throw new AppError("INVALID_TOKEN");
  if (outcome === "TAKEN") throw emailTaken();
  return outcome;
};
