import { z } from "zod";
import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { AddressLinks, LinkStatus, LinksService } from "#features/links/index";
import type { Session, SessionsService } from "#features/sessions/index";
import type { TenantsService } from "#features/tenants/index";
import {
  canonicalEmail,
  findUserByEmail,
  findUserById,
  findUserForUpdate,
  type User,
  updateUser,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { JobQueue, Task } from "#platform/jobs/jobs";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { RESET_PASSWORD_LINK } from "./link-purposes.ts";
import { PASSWORD_CHANGED } from "./mails/password-changed.ts";
import { PASSWORD_RESET } from "./mails/password-reset.ts";
import { passwordReset } from "./passwords.hooks.ts";
import type { PasswordsService } from "./passwords.service.ts";

/** The job behind a request for a reset link. */
export const PASSWORD_RESET_REQUEST = "password-reset-request";

const resetRequest = z.object({
  email: z.string(),
  client: z.custom<ClientInfo>(),
  /** The hash of the device token that came with the request, in hexadecimal. */
  deviceTokenHash: z.string().optional(),
});

export interface PasswordResetServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly mails: Pick<MailQueue, "reserve" | "enqueue">;
  readonly devices: Pick<DevicesService, "hashDeviceToken" | "isKnown" | "forgetAll">;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: LinksService;
  readonly addressLinks: Pick<AddressLinks, "find">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly passwords: Pick<PasswordsService, "hashNew" | "storePassword">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** Lets a user who does not know the old password choose a new one through a mailed link. */
export class PasswordResetService {
  constructor(private readonly deps: PasswordResetServiceDeps) {}

  /** Accepts the request in the same way for every address. The job looks the user up, so the response reveals nothing. */
  async request(client: ClientInfo, email: string, deviceToken: string | null = null): Promise<void> {
    const { db, devices, jobs } = this.deps;
    const deviceTokenHash = devices.hashDeviceToken(deviceToken).toString("hex");
    await jobs.add(db, PASSWORD_RESET_REQUEST, { email: canonicalEmail(email), client, deviceTokenHash });
  }

  /** The task behind `request`: mails a link to the user with that address, if the user may use one. */
  readonly issue: Task = async (payload) => {
    const { db, devices, links, mails, events } = this.deps;
    const { email, client, deviceTokenHash = "" } = resetRequest.parse(payload);
    const found = await findUserByEmail(db, email);
    if (found === null) return;
    await db.transaction(async (tx) => {
      // Locked, so that concurrent requests do not leave more links than allowed.
      const user = await findUserForUpdate(tx, found.id);
      if (user?.status !== "ACTIVE" || user.emailCanonical !== email) return;
      const { id: userId, tenantId, name, email: to } = user;
      const known = await devices.isKnown(tx, userId, Buffer.from(deviceTokenHash, "hex"));
      const counted = { to, budget: known ? "KNOWN_DEVICE" : "ANONYMOUS" } as const;
      // Checked before a link is issued: an exhausted budget must not invalidate a link that was sent.
      if (!(await mails.reserve(tx, PASSWORD_RESET, counted)).reserved) return;
      const link = await links.issue(tx, { user, purpose: RESET_PASSWORD_LINK, payload: {} });
      await events.record(tx, { type: "PASSWORD_RESET_REQUESTED", tenantId, userId, client });
      const letter = { to, locale: toLocale(user.locale), data: { name }, link };
      await mails.enqueue(tx, PASSWORD_RESET, letter, { reserved: true });
    });
  };

  /** Whether the link of a reset or an invitation is still valid, for the page that asks for the new password. */
  async status(token: string): Promise<LinkStatus> {
    const { addressLinks, db, links } = this.deps;
    const purpose = links.purposeOf(token);
    if (!purpose?.choosesPassword) return { valid: false, expiresAt: null };
    // Invitations are links to addresses. The invitation of an earlier version, which belongs to a user, is a link of that user.
    const link = purpose === RESET_PASSWORD_LINK ? null : await addressLinks.find(db, purpose, token);
    return link ? { valid: true, expiresAt: link.expiresAt } : links.status(db, purpose, token);
  }

  /**
   * Sets a new password for the user of the link, and ends all sessions.
   * @throws {AppError} INVALID_TOKEN, BAD_REQUEST/WEAK_PASSWORD
   */
  async reset(client: ClientInfo, token: string, newPassword: string): Promise<{ endedSessionIds: SessionId[] }> {
    const { db, links, passwords, sessions, tenants } = this.deps;
    // Checked before anything is hashed, so that an invalid link costs nothing.
    const link = await links.find(db, RESET_PASSWORD_LINK, token);
    const owner = link && (await findUserById(db, link.userId));
    if (!owner) throw new AppError("INVALID_TOKEN");
    const { name: tenantName, passwordMinLength } = await tenants.get(owner.tenantId);
    const hash = await passwords.hashNew(newPassword, { ...owner, tenantName }, passwordMinLength, "input.newPassword");

    const ended = await sessions.withSessionInvalidation(owner.id, async (tx) => {
      const user = await findUserForUpdate(tx, owner.id);
      if (user === null || (await links.consume(tx, RESET_PASSWORD_LINK, token)) === null) return null;
      await passwords.storePassword(tx, user, hash);
      return this.#apply(tx, user, client);
    });
    if (ended === null) throw new AppError("INVALID_TOKEN");
    return { endedSessionIds: ended.map(({ id }) => id) };
  }

  /** Applies all effects of a password reset. @returns the sessions that were ended */
  async #apply(tx: Db, user: User, client: ClientInfo): Promise<Session[]> {
    const { challenges, clock, devices, hooks, links, mails, events, sessions } = this.deps;
    // The mail was sent to this address, so the link verifies the address.
    await updateUser(tx, user.id, { passwordResetRequired: false, emailVerified: true });
    // Neither a login nor an address change started by an attacker may outlive the owner's reset.
    await challenges.revoke(tx, user.id);
    await links.revoke(tx, user.id, ["CREDENTIALS_CHANGED", "ADDRESS_PROVED"]);
    const ended = await sessions.endAll(tx, user, "PASSWORD_RESET", { client });
    const endedSessions = ended.length;
    await devices.forgetAll(tx, user.id);
    await hooks.raise(tx, passwordReset, { user, client });
    const { id: userId, tenantId, name, email: to } = user;
    await events.record(tx, { type: "PASSWORD_RESET", tenantId, userId, client, details: { endedSessions } });
    const data = { name, at: clock.now(), endedSessions };
    await mails.enqueue(tx, PASSWORD_CHANGED, { to, locale: toLocale(user.locale), data });
    return ended;
  }
}
