import type { AuditLog } from "#features/audit/index";
import { findPassword, type PasswordRow, type PasswordsService } from "#features/passwords/index";
import type { SessionAuthMethods, SessionsService } from "#features/sessions/index";
import {
  asUsernameTaken,
  canonicalUsername,
  findUserForUpdate,
  type ProfileChanges,
  type User,
  type Usernames,
  type UsersService,
  updateUser,
  validateName,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError, assertNever, badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { normalizeLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { isElevated, type Viewer } from "#shared/viewer";
import { deleteLockedUser, lockForDeletion } from "./account-deletion.ts";

export interface AccountServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record" | "anonymizeUser">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly passwords: Pick<PasswordsService, "verifyPassword">;
  readonly authMethods: Pick<SessionAuthMethods, "require">;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly users: Pick<UsersService, "get">;
}

/** The credential that authorizes a change of the account. */
type AccountCredential = { readonly kind: "PASSWORD"; readonly verified: PasswordRow } | { readonly kind: "STEP_UP" };

interface VerifiedCaller {
  readonly viewer: Viewer;
  readonly client: ClientInfo;
  readonly credential: AccountCredential;
}

type Deletion = "DELETED" | "ALREADY_DELETED" | "PASSWORD_CHANGED";

/** The operations of users on their own account. */
export class AccountService {
  constructor(private readonly deps: AccountServiceDeps) {}

  /** Applies the given changes: null clears the name, absent leaves it unchanged. @throws {AppError} BAD_USER_INPUT */
  async updateProfile(viewer: Viewer, { name, locale }: ProfileChanges): Promise<User> {
    const { sessions, users } = this.deps;
    const faults = name ? validateName(name, "input.name") : [];
    if (faults.length > 0) throw badInput(...faults);
    const changes = {
      ...(name !== undefined && { name: cleanNameOrNull(name) }),
      ...(locale && { locale: normalizeLocale(locale) }),
    };
    if (Object.keys(changes).length > 0)
      await sessions.withSessionInvalidation(viewer.userId, (tx) => updateUser(tx, viewer.userId, changes));
    return users.get(viewer.userId);
  }

  /**
   * Changes the viewer's username. A viewer without a password needs a step-up instead.
   * @throws {AppError} in this order: BAD_USER_INPUT, RATE_LIMITED, CONFLICT/USERNAME_TAKEN, BAD_REQUEST/NO_PASSWORD_SET,
   * FORBIDDEN/INCORRECT_PASSWORD
   */
  async changeUsername(viewer: Viewer, client: ClientInfo, username: string, password: string | null): Promise<User> {
    const { sessions, usernames } = this.deps;
    await usernames.requireFree(client, username, "input.username", viewer.userId);
    const credential = await this.#verifyCredential(viewer, client, password);
    const renamed = await sessions
      .withSessionInvalidation(viewer.userId, (tx) => this.#rename(tx, { viewer, credential, client }, username))
      .catch((error: unknown) => {
        throw asUsernameTaken(error);
      });
    if (renamed === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (renamed === "PASSWORD_CHANGED") throw passwordChanged();
    return renamed;
  }

  /**
   * Verifies the viewer's password. A user without one needs an elevated access token.
   * @throws {AppError} BAD_REQUEST/NO_PASSWORD_SET, FORBIDDEN/INCORRECT_PASSWORD
   */
  async #verifyCredential(viewer: Viewer, client: ClientInfo, password: string | null): Promise<AccountCredential> {
    const { clock, db, passwords } = this.deps;
    if (isElevated(viewer, clock.now()) && (await findPassword(db, viewer.userId)) === null) return { kind: "STEP_UP" };
    return { kind: "PASSWORD", verified: await passwords.verifyPassword(viewer, client, password ?? "") };
  }

  /** Checks, with the user's row locked, that the verified credential is still valid. */
  async #isStillVerified(tx: Db, viewer: Viewer, credential: AccountCredential): Promise<boolean> {
    const stored = await findPassword(tx, viewer.userId);
    if (credential.kind === "PASSWORD") return stored?.hash === credential.verified.hash;
    await this.deps.authMethods.require(tx, viewer);
    return stored === null;
  }

  async #rename(
    tx: Db,
    { viewer, credential, client }: VerifiedCaller,
    username: string,
  ): Promise<User | "DELETED" | "PASSWORD_CHANGED"> {
    const { userId } = viewer;
    if ((await findUserForUpdate(tx, userId)) === null) return "DELETED";
    if (!(await this.#isStillVerified(tx, viewer, credential))) return "PASSWORD_CHANGED";
    const user = await updateUser(tx, userId, { username, usernameCanonical: canonicalUsername(username) });
    if (user === null) return "DELETED";
    await this.deps.events.record(tx, { type: "USERNAME_CHANGED", tenantId: user.tenantId, userId, client });
    return user;
  }

  /**
   * Deletes the viewer with all their data. Security events remain, without personal data. A viewer without a password needs a
   * step-up instead.
   * @throws {AppError} BAD_REQUEST/NO_PASSWORD_SET, FORBIDDEN/INCORRECT_PASSWORD; CONFLICT/LAST_ADMIN for the last admin of a
   * tenant with other users, CONFLICT/LAST_OPERATOR for the last operator
   */
  async deleteAccount(viewer: Viewer, client: ClientInfo, password: string | null): Promise<{ deletedUserId: UserId }> {
    const { sessions } = this.deps;
    const credential = await this.#verifyCredential(viewer, client, password);
    const deletion = await sessions.withSessionInvalidation(viewer.userId, (tx) =>
      this.#delete(tx, { viewer, credential, client }),
    );
    switch (deletion) {
      case "DELETED":
        return { deletedUserId: viewer.userId };
      case "ALREADY_DELETED":
        throw new AppError("UNAUTHENTICATED");
      case "PASSWORD_CHANGED":
        throw passwordChanged();
      default:
        return assertNever(deletion);
    }
  }

  async #delete(tx: Db, { viewer, credential }: VerifiedCaller): Promise<Deletion> {
    const locked = await lockForDeletion(tx, viewer.userId);
    if (locked === null) return "ALREADY_DELETED";
    if (!(await this.#isStillVerified(tx, viewer, credential))) return "PASSWORD_CHANGED";
    await deleteLockedUser(tx, locked, this.deps);
    return "DELETED";
  }
}

const passwordChanged = (): AppError => new AppError("CONFLICT", { message: "The password was changed concurrently." });
