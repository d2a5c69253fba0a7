import { storedAdminMayGrant } from "#features/administration/index";
import type { AddressLinks } from "#features/links/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import { hasRole, type Role } from "#shared/roles";
import {
  consumeInvitation,
  findAcceptableInvitation,
  findInvitationForUpdate,
  type InvitationRow,
  lockInviter,
} from "./invitations.repository.ts";

export interface InvitationEntryDeps {
  readonly clock: Clock;
  readonly addressLinks: Pick<AddressLinks, "revokeInvitation">;
}

/** The use of an invitation by whoever has proved its address: by its link, or by an account at a provider. */
export class InvitationEntry {
  constructor(private readonly deps: InvitationEntryDeps) {}

  /** The tenant's invitation of this address, if it could be accepted now. */
  async find(db: Db, tenantId: TenantId, emailCanonical: string): Promise<InvitationRow | null> {
    const invitation = await findAcceptableInvitation(db, tenantId, emailCanonical, this.deps.clock.now());
    return invitation && (await hasInviter(db, invitation)) ? invitation : null;
  }

  /**
   * Locks the inviter and then the invitation (`LOCK_ORDER`), before anything else of the acceptance; false if the invitation is
   * void. A revocation locks the invitation before its links, so an acceptance must not use a link up first.
   */
  async lock(tx: Db, invitation: InvitationRow): Promise<boolean> {
    return (await hasInviter(tx, invitation)) && (await findInvitationForUpdate(tx, "ALL", invitation.id)) !== null;
  }

  /**
   * Uses the invitation up, in the transaction that creates the user; false if it is void, revoked, expired or accepted by now.
   * The inviter's row is locked first: of a suspension at the same moment and this, one comes first.
   */
  async consume(tx: Db, invitation: InvitationRow): Promise<boolean> {
    const { addressLinks, clock } = this.deps;
    if (!(await hasInviter(tx, invitation))) return false;
    const consumed = await consumeInvitation(tx, invitation.id, clock.now());
    // Changed by a newer invitation meanwhile: that has a link of its own.
    if (consumed === null || consumed.roles.join() !== invitation.roles.join()) return false;
    await addressLinks.revokeInvitation(tx, invitation.id);
    return true;
  }
}

/** Whether the inviter could invite with these roles now: an invitation gives nothing that its inviter could not give. */
export const hasInviter = async (db: Db, invitation: InvitationRow): Promise<boolean> => {
  const { invitedBy } = invitation;
  return invitedBy !== null && mayStillInvite(await lockInviter(db, invitedBy), invitation);
};

/** Whether this inviter may still let somebody into the tenant with these roles. */
const mayStillInvite = (
  inviter: Pick<User, "id" | "tenantId" | "status" | "roles"> | null,
  { tenantId, roles }: { readonly tenantId: TenantId; readonly roles: readonly Role[] },
): boolean =>
  inviter !== null &&
  inviter.status === "ACTIVE" &&
  inviter.tenantId === tenantId &&
  hasRole(inviter.roles, "ADMIN") &&
  storedAdminMayGrant(inviter, roles, { tenantId, roles: [] });
