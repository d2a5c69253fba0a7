import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { LinksService } from "#features/links/index";
import {
  type CredentialAttempts,
  MAX_SESSIONS,
  type Session,
  type SessionAuthMethods,
  type SessionsService,
} from "#features/sessions/index";
import { type LogoutScope, logoutScope, type TenantsService } from "#features/tenants/index";
import { findUserById, findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { isCommonPassword } from "#platform/common-passwords";
import type { Db } from "#platform/database/database";
import type { CommonSettings } from "#platform/feature";
import type { MailQueue } from "#platform/mail/index";
import type { PasswordHasher } from "#platform/password-hashing/index";
import type { ClientInfo } from "#shared/client-info";
import { after, DAY } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import type { TenantId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { isElevated, type Viewer } from "#shared/viewer";
import { PASSWORD_CHANGED } from "./mails/password-changed.ts";
import { isSamePassword, type PasswordContext, validatePassword } from "./passwords.policy.ts";
import {
  deleteFormerPasswordsBefore,
  findPassword,
  findPasswordHashAt,
  insertFormerPassword,
  insertPassword,
  listUsersWithPassword,
  type PasswordRow,
  updatePasswordReplaced,
  upsertPassword,
} from "./passwords.repository.ts";

export interface PasswordsServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: Pick<PasswordHasher, "hash" | "verify" | "verifyDummy">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly authMethods: Pick<SessionAuthMethods, "require">;
  readonly credentialAttempts: Pick<CredentialAttempts, "verify">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "revoke">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly config: Pick<CommonSettings, "product">;
}

/** The user whose password it will be: the password must not contain these values. */
export type PasswordOwner = Pick<PasswordContext, "email" | "username" | "name" | "tenantName">;

export interface PasswordChange {
  readonly currentPassword?: string | null | undefined;
  readonly newPassword: string;
  readonly logout?: LogoutScope | null | undefined;
}

/** The user after the change, and the sessions that it ended: at most MAX_SESSIONS are listed. */
export interface ChangedPassword {
  readonly user: User;
  readonly endedSessions: readonly Session[];
}

/** How long a former hash is kept: seven days before an e-mail change, plus the 72 hours in which it can be undone. */
const FORMER_PASSWORD_RETENTION_MS = 10 * DAY;

/** Verifies, changes and stores the passwords of signed-in users. */
export class PasswordsService {
  constructor(private readonly deps: PasswordsServiceDeps) {}

  /**
   * Hashes a password that follows the rules.
   * @throws {AppError} BAD_REQUEST/WEAK_PASSWORD, with each fault at `path`
   */
  async hashNew(password: string, owner: PasswordOwner, minLength: number, path: string): Promise<string> {
    this.#refuseWeak(password, owner, minLength, path);
    return this.deps.hasher.hash(password);
  }

  /**
   * Verifies the password of a signed-in user. A wrong one counts for the session, and the tenth in a row ends the session.
   * @returns the password that was verified
   * @throws {AppError} BAD_REQUEST/NO_PASSWORD_SET, FORBIDDEN/INCORRECT_PASSWORD; UNAUTHENTICATED if the user was deleted or
   * the session has ended
   */
  async verifyPassword(viewer: Viewer, client: ClientInfo, password: string): Promise<PasswordRow> {
    const { db, hasher, credentialAttempts } = this.deps;
    const stored = await findPassword(db, viewer.userId);
    if (stored === null) throw await this.#withoutPassword(viewer.userId);
    const outcome = await credentialAttempts.verify({ viewer, client, method: "PASSWORD" }, async () =>
      (await hasher.verify(stored.hash, password)) ? stored : null,
    );
    if (outcome.right) return outcome.result;
    throw new AppError("FORBIDDEN", { reason: "INCORRECT_PASSWORD", message: "The password is wrong." });
  }

  /** Changes the viewer's password, or sets the first one. */
  async changePassword(viewer: Viewer, client: ClientInfo, change: PasswordChange): Promise<ChangedPassword> {
    const { db, hasher, tenants } = this.deps;
    const [stored, user, tenant] = await Promise.all([
      findPassword(db, viewer.userId),
      findUserById(db, viewer.userId),
      tenants.get(viewer.tenantId),
    ]);
    if (user === null) throw new AppError("UNAUTHENTICATED");

    if (stored) requireAnother(change);
    this.#refuseWeak(
      change.newPassword,
      { ...user, tenantName: tenant.name },
      tenant.passwordMinLength,
      "input.newPassword",
    );
    const verified = stored
      ? await this.verifyPassword(viewer, client, change.currentPassword ?? "")
      : this.#requireElevation(viewer);
    const hash = await hasher.hash(change.newPassword);
    const scope = logoutScope(change.logout, tenant.passwordChangeEnds);
    return this.#replace(viewer, client, { verified, hash, scope });
  }

  /** Sets the user's password to this hash, in the transaction of a use case that is authorized by a mailed link. */
  async storePassword(tx: Db, user: { readonly id: UserId; readonly tenantId: TenantId }, hash: string): Promise<void> {
    const now = this.deps.clock.now();
    const change = { changedAt: now, setByMailAt: now, createdBySession: null };
    await insertFormerPassword(tx, user.id, now);
    await upsertPassword(tx, { userId: user.id, tenantId: user.tenantId, hash, ...change });
  }

  /**
   * Whether this was the user's password at that instant, even if it has been replaced since. If no hash is known, another one
   * is verified, so that the response time does not reveal that.
   */
  async wasValid(userId: UserId, password: string, instant: Date): Promise<boolean> {
    const { db, hasher } = this.deps;
    const hash = await findPasswordHashAt(db, userId, instant);
    if (hash !== null) return hasher.verify(hash, password);
    await hasher.verifyDummy(password);
    return false;
  }

  /** Deletes former passwords that can no longer be used to undo a change. */
  async sweep(): Promise<void> {
    const { clock, db } = this.deps;
    await deleteFormerPasswordsBefore(db, after(clock.now(), -FORMER_PASSWORD_RETENTION_MS));
  }

  /** For DataLoader: whether each of these users has a password. */
  readonly haveUsers = async (ids: readonly UserId[]): Promise<boolean[]> => {
    const withPassword = new Set(await listUsersWithPassword(this.deps.db, ids));
    return ids.map((id) => withPassword.has(id));
  };

  async #replace(
    viewer: Viewer,
    client: ClientInfo,
    { verified, hash, scope }: { verified: PasswordRow | null; hash: string; scope: LogoutScope },
  ): Promise<ChangedPassword> {
    const { challenges, clock, links, mails, events, authMethods, sessions } = this.deps;
    const outcome = await sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      const user = await findUserForUpdate(tx, viewer.userId);
      if (user === null) return "DELETED";
      // The session may have ended while the password was hashed, or its elevation may have been revoked.
      if (!verified) await authMethods.require(tx, viewer);
      // The verified password must still be the current one: a change or reset in between must not be overwritten.
      const now = clock.now();
      const change = { changedAt: now, setByMailAt: null, createdBySession: viewer.sessionId };
      await insertFormerPassword(tx, user.id, now);
      const replaced = verified
        ? await updatePasswordReplaced(tx, user.id, verified.hash, { hash, ...change })
        : await insertPassword(tx, { userId: user.id, tenantId: user.tenantId, hash, ...change });
      if (!replaced) return "CHANGED_MEANWHILE";

      const ended = await this.#endSessions(tx, user, viewer, client, scope);
      // Neither a login nor an address change started by an attacker may outlive the password that the attacker knew.
      await challenges.revoke(tx, user.id);
      await links.revoke(tx, user.id, ["CREDENTIALS_CHANGED"]);
      const { id: userId, tenantId, name, email: to } = user;
      await events.record(tx, {
        type: "PASSWORD_CHANGED",
        tenantId,
        userId,
        client,
        details: { endedSessions: ended.length },
      });
      const data = { name, at: now, endedSessions: ended.length };
      await mails.enqueue(tx, PASSWORD_CHANGED, { to, locale: toLocale(user.locale), data });
      return { user, endedSessions: ended.slice(0, MAX_SESSIONS) };
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "CHANGED_MEANWHILE")
      throw new AppError("CONFLICT", { message: "The password was changed by another request." });
    return outcome;
  }

  async #endSessions(tx: Db, user: User, viewer: Viewer, client: ClientInfo, scope: LogoutScope): Promise<Session[]> {
    if (scope === "NONE") return [];
    const except = scope === "OTHERS" ? { except: viewer.sessionId } : {};
    return this.deps.sessions.endAll(tx, user, "PASSWORD_CHANGED", { client, ...except });
  }

  /** Setting the first password needs a step-up instead of the current password. */
  #requireElevation(viewer: Viewer): null {
    if (isElevated(viewer, this.deps.clock.now())) return null;
    throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  #refuseWeak(password: string, owner: PasswordOwner, minLength: number, path: string): void {
    const { product } = this.deps.config;
    const faults = validatePassword(password, { ...owner, product, minLength, isCommon: isCommonPassword });
    if (faults.length === 0) return;
    const fields = faults.map((message) => ({ path, message }));
    throw new AppError("BAD_REQUEST", { reason: "WEAK_PASSWORD", message: "This password cannot be used.", fields });
  }

  async #withoutPassword(userId: UserId): Promise<AppError> {
    if ((await findUserById(this.deps.db, userId)) === null) return new AppError("UNAUTHENTICATED");
    return new AppError("BAD_REQUEST", { reason: "NO_PASSWORD_SET", message: "No password is set." });
  }
}

/** If a password is set, the current one is required and the new one must differ from it. */
const requireAnother = ({ currentPassword, newPassword }: PasswordChange): void => {
  if (currentPassword == null)
    throw badInput({ path: "input.currentPassword", message: "Enter the current password." });
  if (!isSamePassword(currentPassword, newPassword)) return;
  throw new AppError("BAD_REQUEST", {
    reason: "SAME_PASSWORD",
    message: "The new password is the same as the current one.",
  });
};
