import { Field, ID, InputType, ObjectType } from "type-graphql";
import { type Member, MembershipType } from "#features/memberships/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress } from "#platform/schema/scalars";
import type { InvitationId } from "#shared/ids";
import type { InvitationStatus } from "./invitations.policy.ts";
import type { Invitation } from "./invitations.service.ts";

export const InvitationStatusEnum = describedEnum<InvitationStatus>("InvitationStatus", "The state of an invitation.", {
  PENDING: "It can be accepted by the link of its mail.",
  ACCEPTED: "There is a user now.",
  DECLINED: "The invited user declined it; its link is dead.",
  REVOKED: "An admin revoked it; its link is dead.",
  VOID: "The inviter lost the right to invite, was suspended or deleted; its link is dead.",
  EXPIRED: "It was not accepted within 7 days.",
});

@ObjectType("Invitation", {
  implements: Node,
  description:
    "What an admin offered to an address. An address without a user gets one by accepting. Callers with `invitations:manage` see it, until 90 days after it expired.",
})
export class InvitationType implements Node {
  id!: InvitationId;

  @Field(() => EmailAddress, { description: "Where the invitation went." })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: "The person's name, as the inviter gave it; null if none was given.",
  })
  name!: string | null;

  @Field(() => InvitationStatusEnum, { description: "Whether it can still be accepted, and if not, why." })
  status!: InvitationStatus;

  @Field(() => DateTime, { description: "When it was sent, the last time." })
  invitedAt!: Date;

  @Field(() => DateTime, { description: "Until when it can be accepted." })
  expiresAt!: Date;
}

export const InvitationConnection = connectionOf(InvitationType, "Invitation");

@InputType({ description: "Which invitations to list: those that meet all that is given." })
export class InvitationFilter {
  @Field(() => InvitationStatusEnum, { nullable: true, description: "With this status." })
  status?: InvitationStatus | null;
}

@ObjectType({ description: "The same answer whether or not the address has a user." })
export class InviteUserPayload {
  @Field(() => InvitationType, { description: "The invitation that was sent." })
  invitation!: Invitation;
}

@ObjectType({ description: "The invitation after the change." })
export class RevokeInvitationPayload {
  @Field(() => InvitationType, { description: "The invitation, revoked." })
  invitation!: Invitation;
}

@InputType({ description: "The address to invite to the caller's tenant." })
export class InviteUserInput {
  @Field(() => EmailAddress, { description: "Where the invitation goes; the name for logging in." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The person's name, for showing; at most 200 characters." })
  name?: string | null;

  @Field(() => [ID], {
    defaultValue: [],
    description: "The roles of the new member, of the tenant of the access token; MEMBER is always added.",
  })
  roleIds!: string[];
}

@InputType({ description: "What an invited user chooses." })
export class AcceptInvitationInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description:
      "8 to 128 characters of any kind, or what the tenant asks for; not a common one, not the user's address or name.",
  })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: "Another name for logging in: 3 to 32 letters, digits, or any of _ . -",
  })
  username?: string | null;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the tokens are handed over, as for `login`.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "What to call this device in the list of sessions; without it, the User-Agent header names it.",
  })
  deviceName?: string | null;
}

@InputType({ description: "The invitation to accept." })
export class AcceptMembershipInput {
  @Field(() => ID, { description: "An invitation of the caller's address." })
  invitationId!: string;
}

@ObjectType({ description: "The caller is a member of the tenant." })
export class AcceptMembershipPayload {
  @Field(() => MembershipType, { description: "The new membership." })
  membership!: Member;
}

@InputType({ description: "The invitation to decline." })
export class DeclineMembershipInput {
  @Field(() => ID, { description: "An invitation of the caller's address." })
  invitationId!: string;
}

@ObjectType({ description: "The invitation, DECLINED." })
export class DeclineMembershipPayload {
  @Field(() => InvitationType, { description: "The invitation, which `membershipInvitations` no longer lists." })
  invitation!: Invitation;
}

@InputType({ description: "The invitation to revoke." })
export class RevokeInvitationInput {
  @Field(() => ID, { description: "An invitation of the tenant." })
  invitationId!: string;
}
