import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { LinksService } from "#features/links/index";
import { hasOtherActiveAdmin, hasOtherActiveOperator } from "#features/memberships/index";
import { MAX_SESSIONS, type Session, type SessionEndReason, type SessionsService } from "#features/sessions/index";
import {
  asUsernameTaken,
  canonicalUsername,
  findUserInTenantForUpdate,
  insertRoleGrants,
  lastAdmin,
  lastOperator,
  type NewUser,
  type ProfileChanges,
  type User,
  type Usernames,
  type UsersService,
  updateUser,
  validateName,
  validateUsername,
} from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { TransactionEvents } from "#platform/transaction-events";
import type { Actor } from "#shared/actor";
import { AppError, badInput } from "#shared/errors";
import { parseId, type UserId } from "#shared/ids";
import { normalizeLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import { validateReason } from "#shared/reasons";
import type { Role } from "#shared/roles";
import {
  passwordResetRequired,
  rolesChanged,
  userReactivated,
  userSuspended,
  userUpdated,
} from "./administration.events.ts";
import { rightsLost } from "./administration.hooks.ts";
import {
  isActiveAdmin,
  isActiveOperator,
  mayGrant,
  normalizeRoles,
  profileFieldsChanged,
} from "./administration.policy.ts";
import { requireAuthorityOver, requireManagement } from "./managed-user.ts";

/** The changes that an admin makes to a user's profile. */
export interface UserChanges extends ProfileChanges {
  readonly username?: string | null | undefined;
}

interface AdministrationDeps {
  readonly clock: Clock;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly users: Pick<UsersService, "getVisible">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly links: Pick<LinksService, "revoke">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly events: Pick<AuditLog, "record">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/**
 * Lets admins manage the users of their tenant, and operators all users. Each use case is one transaction on the locked user.
 * @throws {AppError} NOT_FOUND for users that the viewer may not see; FORBIDDEN for an admin acting on an operator
 */
export class AdministrationService {
  constructor(private readonly deps: AdministrationDeps) {}

  /**
   * Changes name, username or language of another user. Absent fields are left unchanged; a null name is removed.
   * @throws {AppError} BAD_USER_INPUT, BAD_REQUEST for the viewer, RATE_LIMITED, CONFLICT/USERNAME_TAKEN
   */
  async updateProfile(actor: Actor, userId: string, { name, username, locale }: UserChanges): Promise<User> {
    const { usernames, users } = this.deps;
    const faults = [
      ...(name ? validateName(name, "input.name") : []),
      ...(username == null ? [] : validateUsername(username, "input.username")),
    ];
    if (faults.length > 0) throw badInput(...faults);
    if (parseId<UserId>(userId) === actor.viewer.userId)
      throw new AppError("BAD_REQUEST", { message: "This is your own account: use updateProfile or changeUsername." });
    const { id } = requireAuthorityOver(actor.viewer, await users.getVisible(actor.viewer, userId));
    if (username != null) await usernames.requireFree(actor.client, username, "input.username", id);
    const changes = {
      ...(name !== undefined && { name: cleanNameOrNull(name) }),
      ...(username != null && { username, usernameCanonical: canonicalUsername(username) }),
      ...(locale && { locale: normalizeLocale(locale) }),
    };
    return this.#changing(actor, userId, async (tx, user) => {
      const fields = profileFieldsChanged(user, changes);
      if (fields.length === 0) return user;
      await this.deps.events.record(tx, userUpdated(user, fields, actor));
      return change(tx, user, changes);
    }).catch((error: unknown) => {
      throw asUsernameTaken(error);
    });
  }

  /**
   * Suspends an active user: ends every session immediately and revokes pending challenges and mailed links. Suspending twice is
   * a no-op. Users who were never active cannot be suspended, because reactivating them would activate them.
   * @throws {AppError} BAD_REQUEST for the viewer, CONFLICT/LAST_ADMIN, CONFLICT/LAST_OPERATOR, CONFLICT if the user was never
   * active
   */
  async suspend(actor: Actor, userId: string, reason: string | null): Promise<User> {
    const faults = reason === null ? [] : validateReason(reason, "input.reason");
    if (faults.length > 0) throw badInput(...faults);
    if (parseId<UserId>(userId) === actor.viewer.userId)
      throw new AppError("BAD_REQUEST", { message: "You cannot suspend yourself." });

    return this.#changing(actor, userId, async (tx, user) => {
      if (user.status === "SUSPENDED") return user;
      if (user.status !== "ACTIVE")
        throw new AppError("CONFLICT", { message: "Only an active user can be suspended." });
      await ensureAdminRemains(tx, user);
      await ensureOperatorRemains(tx, user);
      await this.deps.events.record(tx, userSuspended(user, cleanNameOrNull(reason), actor));
      await this.#endAccess(tx, user, "ACCOUNT_SUSPENDED", actor);
      await this.deps.hooks.raise(tx, rightsLost, user);
      return change(tx, user, { status: "SUSPENDED" });
    });
  }

  /**
   * Reactivates a suspended user. For an active user it is a no-op.
   * @throws {AppError} CONFLICT for users in any other state
   */
  reactivate(actor: Actor, userId: string): Promise<User> {
    return this.#changing(actor, userId, async (tx, user) => {
      if (user.status === "ACTIVE") return user;
      if (user.status !== "SUSPENDED")
        throw new AppError("CONFLICT", { message: "Only a suspended user can be reactivated." });
      await this.deps.events.record(tx, userReactivated(user, actor));
      return change(tx, user, { status: "ACTIVE" });
    });
  }

  /**
   * Ends all sessions of a user.
   * @returns the user and the ended sessions, at most MAX_SESSIONS of them
   */
  revokeSessions(actor: Actor, userId: string): Promise<{ user: User; endedSessions: Session[] }> {
    return this.#changing(actor, userId, async (tx, user) => {
      const ended = await this.deps.sessions.endAll(tx, user, "ADMIN_REVOKED", { client: actor.client });
      return { user, endedSessions: ended.slice(0, MAX_SESSIONS) };
    });
  }

  /** Requires a user to reset the password by mail before the next login; ends all sessions, pending challenges and mailed links. */
  requirePasswordReset(actor: Actor, userId: string): Promise<User> {
    return this.#changing(actor, userId, async (tx, user) => {
      await this.#endAccess(tx, user, "ADMIN_REVOKED", actor);
      if (user.passwordResetRequired) return user;
      await this.deps.events.record(tx, passwordResetRequired(user, actor));
      return change(tx, user, { passwordResetRequired: true });
    });
  }

  /**
   * Sets a user's roles to exactly these, plus USER. Access tokens that claim other roles are refused from then on.
   * @throws {AppError} FORBIDDEN if an admin would grant or revoke OPERATOR; CONFLICT/LAST_ADMIN if the tenant would lose its last
   * admin; CONFLICT/LAST_OPERATOR if the installation would lose its last operator
   */
  setRoles(actor: Actor, userId: string, wanted: readonly Role[]): Promise<User> {
    const roles = normalizeRoles(wanted);
    return this.#changing(actor, userId, async (tx, user) => {
      if (!mayGrant(actor.viewer, roles, user)) throw insufficientRole();
      if (roles.join() === normalizeRoles(user.roles).join()) return user;
      if (!roles.includes("ADMIN")) await ensureAdminRemains(tx, user);
      if (!roles.includes("OPERATOR")) await ensureOperatorRemains(tx, user);
      if (user.roles.some((role) => !roles.includes(role))) await this.deps.hooks.raise(tx, rightsLost, user);
      const added = roles.filter((role) => !user.roles.includes(role));
      const { sessionId, userId: by } = actor.viewer;
      await insertRoleGrants(tx, [{ user, roles: added, by: { userId: by, sessionId } }], this.deps.clock.now());
      await this.deps.events.record(tx, rolesChanged(user, { from: user.roles, to: roles }, actor));
      return change(tx, user, { roles });
    });
  }

  /**
   * Makes a user an operator, or ends that status. The sessions of a new operator end, because they were opened under the tenant's
   * policy, perhaps with a password alone.
   * @throws {AppError} NOT_FOUND, CONFLICT if the user is not active, CONFLICT/LAST_OPERATOR
   */
  setOperator(actor: Actor, userId: string, isOperator: boolean): Promise<User> {
    return this.#changing(actor, userId, async (tx, user) => {
      if (user.isOperator === isOperator) return user;
      if (isOperator && user.status !== "ACTIVE")
        throw new AppError("CONFLICT", { message: "Only an active user can become an operator." });
      if (!isOperator) await ensureOperatorRemains(tx, user);
      const changed = await change(tx, user, { isOperator });
      await this.deps.events.record(tx, rolesChanged(user, { from: user.roles, to: changed.roles }, actor));
      if (!isOperator) await this.deps.hooks.raise(tx, rightsLost, user);
      else {
        const by = { userId: actor.viewer.userId, sessionId: actor.viewer.sessionId };
        await insertRoleGrants(tx, [{ user, roles: ["OPERATOR"], by }], this.deps.clock.now());
        await this.deps.sessions.endAll(tx, user, "ADMIN_REVOKED", { client: actor.client });
      }
      return changed;
    });
  }

  /** Ends every session, pending login and mailed link, because an attacker who has the account may be the reason. */
  async #endAccess(tx: Db, user: User, reason: SessionEndReason, { client }: Actor): Promise<void> {
    await this.deps.sessions.endAll(tx, user, reason, { client });
    await this.deps.challenges.revoke(tx, user.id);
    await this.deps.links.revoke(tx, user.id, ["CREDENTIALS_CHANGED"]);
  }

  /**
   * Checks the rights before `withSessionInvalidation`, so that unauthorized callers cannot invalidate a user's caches, and again on
   * the locked row.
   */
  async #changing<Result>(
    { viewer }: Actor,
    userId: string,
    work: (tx: Db, user: User) => Promise<Result>,
  ): Promise<Result> {
    const { id, tenantId } = requireAuthorityOver(viewer, await this.deps.users.getVisible(viewer, userId));
    return this.deps.sessions.withSessionInvalidation(id, async (tx) => {
      const user = (await findUserInTenantForUpdate(tx, { id, tenantId })) ?? notFound();
      return work(tx, await requireManagement(tx, viewer, user));
    });
  }
}

const change = async (tx: Db, user: User, changes: Partial<NewUser>): Promise<User> =>
  (await updateUser(tx, user.id, changes)) ?? notFound();

const ensureAdminRemains = async (tx: Db, user: User): Promise<void> => {
  if (isActiveAdmin(user) && !(await hasOtherActiveAdmin(tx, user))) throw lastAdmin();
};

const ensureOperatorRemains = async (tx: Db, user: User): Promise<void> => {
  if (isActiveOperator(user) && !(await hasOtherActiveOperator(tx, user))) throw lastOperator();
};

const insufficientRole = (): AppError => new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
