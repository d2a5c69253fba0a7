import { rightsLostInTenant } from "#features/administration/index";
import type { AuditLog } from "#features/audit/index";
import {
  deleteMembership,
  findHomeStatus,
  findMember,
  findMemberById,
  hasOtherActiveAdmin,
  hasOtherActiveOperator,
  listRolesOfMemberships,
  lockHomes,
  lockMembership,
  type Member,
  moveUnusableHomes,
  type RoleRow,
  requireTenantRoles,
  updateEntryAllowed,
  updateMembershipRoles,
  updateMembershipStatus,
} from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import { lockTenant, type TenantsService } from "#features/tenants/index";
import { findUserForUpdate, insertRoleGrants, lastAdmin, lastOperator, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import { canView } from "#shared/access-policy";
import type { Actor } from "#shared/actor";
import { AppError } from "#shared/errors";
import { type MembershipId, parseId, type TenantId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { isAdmin, type MembershipStatus } from "#shared/memberships";
import { MEMBERSHIP_REMOVED } from "./mails/membership-removed.ts";
import { membershipChanged, membershipRemoved } from "./members.events.ts";
import { isAdminOrOperator, mayGrantRole } from "./members.policy.ts";

interface MembersDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly tenants: Pick<TenantsService, "get">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** A membership with the locks held on tenant, user and membership (`LOCK_ORDER`). */
interface Locked {
  readonly user: User;
  readonly member: Member;
  readonly roles: readonly RoleRow[];
}

/** Lets admins change the memberships of their tenant, and users their own. Tokens and sockets of a membership end with it. */
export class MembersService {
  constructor(private readonly deps: MembersDeps) {}

  /**
   * Sets the membership's roles to exactly these, plus MEMBER.
   * @throws {AppError} NOT_FOUND for the membership or a role; FORBIDDEN/MISSING_PERMISSION for the caller's own membership, and
   * for roles that the caller may not give or take; CONFLICT/LAST_ADMIN
   */
  setRoles(actor: Actor, membershipId: string, wanted: readonly string[]): Promise<Member> {
    return this.#changing(actor, membershipId, async (tx, { user, member, roles }) => {
      if (member.userId === actor.viewer.userId) throw forbidden("You cannot change your own roles.");
      const next = await requireTenantRoles(tx, member.tenantId, wanted);
      const added = next.filter((role) => !roles.some(({ id }) => id === role.id));
      const removed = roles.filter((role) => role.builtIn !== "MEMBER" && !next.some(({ id }) => id === role.id));
      if (![...added, ...removed].every((role) => mayGrantRole(actor.viewer, role))) throw forbidden();
      if (added.length === 0 && removed.length === 0) return member;
      if (isAdmin({ roles: removed })) await ensureAdminRemains(tx, user, member);
      await updateMembershipRoles(
        tx,
        member,
        next.map(({ id }) => id),
      );
      if (removed.length > 0) await this.deps.hooks.raise(tx, rightsLostInTenant, member);
      if (added.length > 0) await this.#recordGrant(tx, actor, member, added);
      const [from, to] = [roles, await rolesOf(tx, member.id)].map((held) => held.map(({ name }) => name));
      await this.deps.events.record(tx, membershipChanged(member, { from: from ?? [], to: to ?? [] }, actor));
      return member;
    });
  }

  /**
   * Suspends a membership. Suspending it twice is a no-op.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST for the caller's own, FORBIDDEN/MISSING_PERMISSION for an admin's, CONFLICT/LAST_ADMIN
   */
  suspend(actor: Actor, membershipId: string): Promise<Member> {
    return this.#setStatus(actor, membershipId, "SUSPENDED");
  }

  /**
   * Reactivates a membership.
   * @throws {AppError} NOT_FOUND, FORBIDDEN/MISSING_PERMISSION for an admin's
   */
  reactivate(actor: Actor, membershipId: string): Promise<Member> {
    return this.#setStatus(actor, membershipId, "ACTIVE");
  }

  /**
   * Admits a user whose second factors were reset, before the waiting period is over. Without a waiting period it is a no-op.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST for the caller's own, FORBIDDEN/MISSING_PERMISSION for an admin's
   */
  allowEntry(actor: Actor, membershipId: string): Promise<Member> {
    return this.#changing(actor, membershipId, async (tx, { user, member, roles }) => {
      if (member.userId === actor.viewer.userId)
        throw new AppError("BAD_REQUEST", { message: "Another admin must approve your access." });
      if (!mayTouch(actor, user, roles)) throw forbidden();
      if (member.entryBlockedUntil === null || member.entryBlockedUntil <= this.deps.clock.now()) return member;
      await updateEntryAllowed(tx, member.id);
      await this.deps.events.record(tx, membershipChanged(member, { entryAllowed: true }, actor));
      return { ...member, entryBlockedUntil: null };
    });
  }

  #setStatus(actor: Actor, membershipId: string, status: MembershipStatus): Promise<Member> {
    return this.#changing(actor, membershipId, async (tx, { user, member, roles }) => {
      requireOthers(actor, member);
      if (!mayTouch(actor, user, roles)) throw forbidden();
      if (member.status === status) return member;
      if (status === "SUSPENDED" && isAdmin({ roles })) await ensureAdminRemains(tx, user, member);
      await updateMembershipStatus(tx, member.id, status);
      if (status === "SUSPENDED") await this.deps.hooks.raise(tx, rightsLostInTenant, member);
      await moveUnusableHomes(tx, { userId: user.id });
      if (status === "SUSPENDED") await ensureOperatorRemains(tx, user);
      await this.deps.events.record(tx, membershipChanged(member, { status }, actor));
      return { ...member, status };
    });
  }

  /**
   * Removes another user from the tenant, and notifies them by mail.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST for the caller's own, FORBIDDEN/MISSING_PERMISSION for an admin's, CONFLICT/LAST_ADMIN
   */
  remove(actor: Actor, membershipId: string): Promise<Member> {
    return this.#changing(actor, membershipId, async (tx, locked) => {
      requireOthers(actor, locked.member);
      if (!mayTouch(actor, locked.user, locked.roles)) throw forbidden();
      const { user, member } = locked;
      const { name: company } = await this.deps.tenants.get(member.tenantId);
      const letter = { to: user.email, locale: toLocale(user.locale), data: { name: user.name, company } };
      await this.#remove(tx, actor, locked);
      await this.deps.mails.enqueue(tx, MEMBERSHIP_REMOVED, letter);
      return member;
    });
  }

  /**
   * Ends the caller's membership in this tenant.
   * @throws {AppError} NOT_FOUND, CONFLICT/LAST_ADMIN, CONFLICT/LAST_OPERATOR
   */
  async leave(actor: Actor, tenant: string): Promise<Member> {
    const tenantId = parseId<TenantId>(tenant);
    const own = tenantId && (await findMember(this.deps.db, actor.viewer.userId, tenantId));
    if (!own) throw notFound();
    return this.#locked(own, async (tx, locked) => {
      await this.#remove(tx, actor, locked);
      return locked.member;
    });
  }

  async #remove(tx: Db, actor: Actor, { user, member, roles }: Locked): Promise<void> {
    if (isAdmin({ roles }) && member.status === "ACTIVE") await ensureAdminRemains(tx, user, member);
    // The roles first, because this also removes the ADMIN role that the previous version reads.
    await updateMembershipRoles(tx, member, []);
    await deleteMembership(tx, member.id);
    await moveUnusableHomes(tx, { userId: user.id });
    await ensureOperatorRemains(tx, user);
    await this.deps.hooks.raise(tx, rightsLostInTenant, member);
    await this.deps.events.record(tx, membershipRemoved(member, actor));
  }

  #recordGrant(tx: Db, { viewer }: Actor, member: Member, added: readonly RoleRow[]): Promise<void> {
    const user = { id: member.userId, tenantId: member.tenantId };
    const roles = isAdmin({ roles: added }) ? (["ADMIN"] as const) : (["USER"] as const);
    const by = { userId: viewer.userId, sessionId: viewer.sessionId };
    return insertRoleGrants(tx, [{ user, roles, by }], this.deps.clock.now());
  }

  /** Checks the rights before the locks, so that unauthorized callers cannot make replicas query the database about the user. */
  async #changing<Result>(
    { viewer }: Actor,
    id: string,
    work: (tx: Db, locked: Locked) => Promise<Result>,
  ): Promise<Result> {
    const membershipId = parseId<MembershipId>(id);
    const member = membershipId && (await findMemberById(this.deps.db, membershipId));
    if (!member || !canView(viewer, { userId: null, tenantId: member.tenantId }, "members:manage")) throw notFound();
    return this.#locked(member, work);
  }

  #locked<Result>(member: Member, work: (tx: Db, locked: Locked) => Promise<Result>): Promise<Result> {
    return this.deps.sessions.withSessionInvalidation(member.userId, async (tx) => {
      await lockHomes(tx, "ONE_USER");
      await lockTenant(tx, member.tenantId);
      const user = await findUserForUpdate(tx, member.userId);
      const row = await lockMembership(tx, member.id);
      if (user === null || row === null) throw notFound();
      return work(tx, { user, member: { ...member, ...row }, roles: await rolesOf(tx, member.id) });
    });
  }
}

const rolesOf = async (tx: Db, id: MembershipId): Promise<RoleRow[]> =>
  (await listRolesOfMemberships(tx, [id])).map(({ role }) => role);

/**
 * Only an admin or an operator may suspend or remove an admin, and only an operator another operator. Operators without a
 * membership cannot log in, so otherwise a tenant's admin could lock out the operators of the installation.
 */
const mayTouch = ({ viewer }: Actor, user: User, roles: readonly RoleRow[]): boolean => {
  if (user.isOperator) return viewer.isOperator;
  return isAdminOrOperator(viewer) || !isAdmin({ roles });
};

const requireOthers = ({ viewer }: Actor, member: Member): void => {
  if (member.userId === viewer.userId)
    throw new AppError("BAD_REQUEST", { message: "This is your own membership: use leaveTenant." });
};

const ensureAdminRemains = async (tx: Db, user: User, { tenantId, status }: Member): Promise<void> => {
  if (user.status !== "ACTIVE" || status !== "ACTIVE") return;
  if (!(await hasOtherActiveAdmin(tx, { id: user.id, tenantId }))) throw lastAdmin();
};

/** Must run after the home was moved. An operator who cannot log in does not count. */
const ensureOperatorRemains = async (tx: Db, user: User): Promise<void> => {
  if (!user.isOperator || (await findHomeStatus(tx, user.id)) === "ACTIVE") return;
  if (!(await hasOtherActiveOperator(tx, user))) throw lastOperator();
};

const forbidden = (message?: string): AppError =>
  new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION", ...(message && { message }) });

const notFound = (): AppError => new AppError("NOT_FOUND");
