import type { AuditLog } from "#features/audit/index";
import type { AddressLinks } from "#features/links/index";
import { findEntryBlock } from "#features/login/index";
import { membershipAdded } from "#features/members/index";
import {
  findMember,
  insertMembership,
  listRolesOfMemberships,
  listRolesOfTenants,
  type Member,
} from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import { lockTenant, type TenantsService } from "#features/tenants/index";
import { findUserForUpdate, insertRoleGrants, lockUsers, type User, type UsersService } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Actor } from "#shared/actor";
import { AppError } from "#shared/errors";
import { type InvitationId, type MembershipId, parseId } from "#shared/ids";
import { isAdmin } from "#shared/memberships";
import type { Viewer } from "#shared/viewer";
import type { InvitationActivation } from "./invitation-activation.ts";
import { invitationDeclined } from "./invitations.events.ts";
import { isGivenBy, statusOf } from "./invitations.policy.ts";
import {
  findInvitationById,
  findInvitationForUpdate,
  type InvitationRow,
  listPendingInvitations,
  updateInvitationDeclined,
} from "./invitations.repository.ts";

export interface MembershipAcceptanceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly users: Pick<UsersService, "get">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly addressLinks: Pick<AddressLinks, "revokeInvitation">;
  readonly entry: Pick<InvitationActivation, "lock" | "consume" | "hasInviter">;
}

/** Makes invited users members of another tenant. They are logged in with their existing account. */
export class MembershipAcceptance {
  constructor(private readonly deps: MembershipAcceptanceDeps) {}

  /** The invitations of the caller's address that can be accepted now, newest first. */
  async list(viewer: Viewer): Promise<InvitationRow[]> {
    const { clock, db, entry, users } = this.deps;
    const user = await users.get(viewer.userId);
    if (!user.emailVerified) return [];
    const pending = await listPendingInvitations(db, user.emailCanonical, clock.now());
    const valid = await Promise.all(pending.map((invitation) => entry.hasInviter(db, invitation)));
    return pending.filter((_, index) => valid[index]);
  }

  /**
   * Makes the caller a member of the tenant that invited their address.
   * @throws {AppError} NOT_FOUND for an invitation of another address, and one that is void, revoked, expired or accepted;
   * CONFLICT if the caller is a member already
   */
  async accept(actor: Actor, id: string): Promise<Member> {
    const invitationId = parseId<InvitationId>(id);
    const invitation = invitationId && (await findInvitationById(this.deps.db, invitationId));
    const user = await this.deps.users.get(actor.viewer.userId);
    if (!invitation || !this.#isFor(user, invitation)) throw notFound();
    const { status } = await this.deps.tenants.get(invitation.tenantId);
    if (status !== "ACTIVE") throw notFound();
    return this.deps.sessions.withSessionInvalidation(user.id, (tx) => this.#join(tx, actor, invitation));
  }

  /**
   * Declines an invitation of the caller's address. If it is accepted or revoked concurrently, only one of the two takes effect.
   * @throws {AppError} NOT_FOUND for an invitation of another address, and one that is void, revoked, expired or answered
   */
  async decline({ userId }: Viewer, id: string): Promise<InvitationRow> {
    const { addressLinks, clock, db, events } = this.deps;
    const invitationId = parseId<InvitationId>(id);
    if (invitationId === null) throw notFound();
    return db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      const invitation = await findInvitationForUpdate(tx, "ALL", invitationId);
      if (!user || !invitation || !this.#isFor(user, invitation)) throw notFound();
      const declined = await updateInvitationDeclined(tx, invitationId, clock.now());
      if (declined === null) throw notFound();
      await addressLinks.revokeInvitation(tx, invitationId);
      // Not recorded if it comes from a registration, because admins do not know of the invitation.
      if (declined.registrationId === null) await events.record(tx, invitationDeclined(declined));
      return declined;
    });
  }

  #isFor({ emailCanonical, emailVerified }: User, invitation: InvitationRow): boolean {
    const isPending = statusOf(invitation, this.deps.clock.now()) === "PENDING";
    return isPending && emailVerified && invitation.emailCanonical === emailCanonical;
  }

  async #join(tx: Db, actor: Actor, invitation: InvitationRow): Promise<Member> {
    const { clock, entry, events, ids } = this.deps;
    const { tenantId, invitedBy } = invitation;
    await lockTenant(tx, tenantId);
    const people = await lockUsers(tx, [actor.viewer.userId, ...(invitedBy ? [invitedBy] : [])]);
    const user = people.get(actor.viewer.userId);
    if (!user || user.emailCanonical !== invitation.emailCanonical) throw notFound();
    const roles = (await listRolesOfTenants(tx, [tenantId])).filter((role) => isGivenBy(invitation, role));
    // An approval does not vouch for the user after a factor reset, so it counts like an invitation from before the reset.
    const invitedAt = invitation.registrationId === null ? invitation.invitedAt : null;
    const entryBlockedUntil = await findEntryBlock(tx, user.id, invitedAt);
    const origin = { joinedAt: clock.now(), invitedBy, entryBlockedUntil };
    const membership = { tenantId, userId: user.id, status: "ACTIVE", ...origin } as const;
    const inserted = await insertMembership(
      tx,
      { id: ids.next<MembershipId>(), ...membership },
      roles.map(({ id }) => id),
    );
    if (inserted === null) throw new AppError("CONFLICT", { message: "You are already a member of this tenant." });
    if (!(await entry.lock(tx, invitation)) || !(await entry.consume(tx, invitation))) throw notFound();
    const held = await listRolesOfMemberships(tx, [inserted.id]);
    const names = held.map(({ role }) => role.name);
    const granted = isAdmin({ roles }) ? (["USER", "ADMIN"] as const) : (["USER"] as const);
    await insertRoleGrants(
      tx,
      [{ user: { id: user.id, tenantId }, roles: granted, by: { userId: invitedBy } }],
      clock.now(),
    );
    await events.record(tx, membershipAdded(inserted, names, actor));
    return (await findMember(tx, user.id, tenantId)) ?? notMember();
  }
}

const notFound = (): AppError => new AppError("NOT_FOUND", { message: "Invitation not found." });

const notMember = (): never => {
  throw new Error("The membership was not inserted.");
};
