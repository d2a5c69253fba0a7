import type { AddressLinks } from "#features/links/index";
import {
  findMember,
  listRolesOfTenants,
  type PermissionCatalogue,
  updateMembershipInviter,
  updateMembershipRoles,
} from "#features/memberships/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import { hasInviter } from "./invitation-rights.ts";
import {
  consumeInvitation,
  findAcceptableInvitation,
  findInvitationForUpdate,
  type InvitationRow,
} from "./invitations.repository.ts";

export interface InvitationActivationDeps {
  readonly clock: Clock;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "accessOf">;
  readonly addressLinks: Pick<AddressLinks, "revokeInvitation">;
}

/** The use of an invitation by a person who has verified its address, with its link or with an account at a provider. */
export class InvitationActivation {
  constructor(private readonly deps: InvitationActivationDeps) {}

  /** The tenant's invitation of this address, if it can be accepted now. */
  async find(db: Db, tenantId: TenantId, emailCanonical: string): Promise<InvitationRow | null> {
    const invitation = await findAcceptableInvitation(db, tenantId, emailCanonical, this.deps.clock.now());
    return invitation && (await this.hasInviter(db, invitation)) ? invitation : null;
  }

  /**
   * Locks the inviter and then the invitation (`LOCK_ORDER`), before anything else in the acceptance. A revocation locks the
   * invitation before its links, so an acceptance must not consume a link first.
   * @returns false if the invitation is void
   */
  async lock(tx: Db, invitation: InvitationRow): Promise<boolean> {
    return (
      (await this.hasInviter(tx, invitation)) && (await findInvitationForUpdate(tx, "ALL", invitation.id)) !== null
    );
  }

  /**
   * Consumes the invitation, in the transaction that creates the user. The inviter's row is locked first, which orders this and a
   * concurrent suspension of the inviter.
   * @returns false if the invitation is void, revoked, expired or accepted
   */
  async consume(tx: Db, invitation: InvitationRow): Promise<boolean> {
    const { addressLinks, clock } = this.deps;
    if (!(await this.hasInviter(tx, invitation))) return false;
    const consumed = await consumeInvitation(tx, invitation.id, clock.now());
    // The invitation was replaced concurrently by a newer one, which has its own link.
    if (consumed === null || givenBy(consumed) !== givenBy(invitation)) return false;
    await addressLinks.revokeInvitation(tx, invitation.id);
    return true;
  }

  /** Whether the inviter could still grant these roles. Locks the inviter's row. */
  hasInviter(db: Db, invitation: InvitationRow): Promise<boolean> {
    return hasInviter(db, this.deps.permissionCatalogue, invitation);
  }

  /** Gives the invitation's roles to the invited user, in the transaction that creates them. ADMIN was already given. */
  async giveRoles(tx: Db, user: Pick<User, "id" | "tenantId" | "roles">, invitation: InvitationRow): Promise<void> {
    const member = await findMember(tx, user.id, user.tenantId);
    if (member === null) return;
    await updateMembershipInviter(tx, member.id, invitation.invitedBy);
    if (invitation.roleIds.length === 0) return;
    const roles = (await listRolesOfTenants(tx, [user.tenantId])).filter(
      ({ id, builtIn }) => invitation.roleIds.includes(id) || (builtIn === "ADMIN" && user.roles.includes("ADMIN")),
    );
    await updateMembershipRoles(
      tx,
      member,
      roles.map(({ id }) => id),
    );
  }
}

const givenBy = ({ roles, roleIds }: InvitationRow): string => [...roles, ...roleIds].join();
