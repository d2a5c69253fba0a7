import type { LinkRow } from "#features/links/index";
import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { InvitationId, RegistrationId, TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";

/** The contents of an invitation of an earlier version. */
export interface EarlierInvitation {
  readonly id: InvitationId;
  readonly link: LinkRow;
  readonly user: User;
  readonly roles: readonly Role[];
  readonly name: string | null;
  readonly locale: string;
  readonly invitedBy: UserId | null;
}

/** Raised for each invitation of an earlier version. The subscriber stores it as an invitation of this version and returns its id. */
export const earlierInvitationFound = defineEvent<EarlierInvitation, InvitationId>("earlierInvitationFound");

/** A user of an earlier version has been converted to a registration or an invitation, and must be deleted. */
export const unverifiedUserConverted = defineEvent<User>("unverifiedUserConverted");

/** An approved registration of an address that has a user. */
export interface ApprovedAddress {
  readonly id: RegistrationId;
  readonly tenantId: TenantId;
  readonly email: string;
  readonly emailCanonical: string;
  readonly locale: string;
  readonly decidedBy: UserId | null;
}

/** The address of an approved registration already has a user. The registration cannot create one; the user is offered a membership. */
export const approvedAddressHeld = defineEvent<ApprovedAddress>("approvedAddressHeld");
