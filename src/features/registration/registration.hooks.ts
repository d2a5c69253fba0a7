import type { LinkRow } from "#features/links/index";
import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { InvitationId, RegistrationId, TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";

/** What an invitation of an earlier version said. */
export interface EarlierInvitation {
  readonly id: InvitationId;
  readonly link: LinkRow;
  readonly user: User;
  readonly roles: readonly Role[];
  readonly name: string | null;
  readonly locale: string;
  readonly invitedBy: UserId | null;
}

/** An invitation of an earlier version becomes one of this version. The subscriber stores it and returns its id. */
export const earlierInvitationFound = defineEvent<EarlierInvitation, InvitationId>("earlierInvitationFound");

/** A user of an earlier version has become a registration or an invitation, and is to be deleted. */
export const unprovedUserConverted = defineEvent<User>("unprovedUserConverted");

/** An approved registration of an address that has a user. */
export interface ApprovedAddress {
  readonly id: RegistrationId;
  readonly tenantId: TenantId;
  readonly email: string;
  readonly emailCanonical: string;
  readonly locale: string;
  readonly decidedBy: UserId | null;
}

/** The address of an approved registration has a user, so the registration cannot become one: the user is offered a membership. */
export const approvedAddressHeld = defineEvent<ApprovedAddress>("approvedAddressHeld");
