import { findMember } from "#features/memberships/index";
import type { ApprovedAddress } from "#features/registration/index";
import { findUserByEmail } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import { after } from "#shared/durations";
import type { InvitationId } from "#shared/ids";
import { INVITATION_LIFETIME_MS, statusOf } from "./invitations.policy.ts";
import { findUnansweredInvitationForUpdate, upsertInvitation } from "./invitations.repository.ts";

interface ApprovedAddressesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Handles approved registrations whose address already has a user: that user is invited by the admin who approved. */
export class ApprovedAddresses {
  constructor(private readonly deps: ApprovedAddressesDeps) {}

  /**
   * Stores the invitation, in the transaction that approves the registration or creates the user. Admins do not see it until it is
   * accepted, and no event is recorded: both would reveal to them that the address has a user.
   */
  readonly invite = async (tx: Db, { decidedBy, id: registrationId, ...address }: ApprovedAddress): Promise<void> => {
    const { clock, ids } = this.deps;
    const { tenantId, email, emailCanonical, locale } = address;
    const holder = await findUserByEmail(tx, emailCanonical);
    if (decidedBy === null || holder === null || (await findMember(tx, holder.id, tenantId))) return;
    const now = clock.now();
    const open = await findUnansweredInvitationForUpdate(tx, tenantId, emailCanonical);
    // An invitation that can still be accepted is kept, because it may grant more roles.
    if (open !== null && statusOf(open, now) === "PENDING") return;
    await upsertInvitation(tx, {
      id: ids.next<InvitationId>(),
      tenantId,
      email,
      emailCanonical,
      name: null,
      roles: ["USER"],
      roleIds: [],
      locale,
      invitedBy: decidedBy,
      registrationId,
      invitedAt: now,
      expiresAt: after(now, INVITATION_LIFETIME_MS),
      acceptedAt: null,
      revokedAt: null,
      declinedAt: null,
      voidedAt: null,
    });
  };
}
