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
  PENDING: "It can be accepted with the mailed link.",
  ACCEPTED: "It was accepted.",
  DECLINED: "The invited user declined it; its link is invalid.",
  REVOKED: "An admin revoked it; its link is invalid.",
  VOID: "The inviter lost the right to invite, was suspended or deleted; its link is invalid.",
  EXPIRED: "It was not accepted within 7 days.",
});

@ObjectType("Invitation", {
  implements: Node,
  description:
    "An admin's offer of membership to an address. Accepting it creates a user unless the address already has one. Visible to callers with `invitations:manage`, until 90 days after it expired.",
})
export class InvitationType implements Node {
  id!: InvitationId;

  @Field(() => EmailAddress, { description: "The address that the invitation was sent to." })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: "The person's name, as given by the inviter; null if not given.",
  })
  name!: string | null;

  @Field(() => InvitationStatusEnum, { description: "Whether the invitation can still be accepted, and if not, why." })
  status!: InvitationStatus;

  @Field(() => DateTime, { description: "When the invitation was last sent." })
  invitedAt!: Date;

  @Field(() => DateTime, { description: "When the invitation expires." })
  expiresAt!: Date;
}

export const InvitationConnection = connectionOf(InvitationType, "Invitation");

@InputType({ description: "The invitations to list: those that match all given fields." })
export class InvitationFilter {
  @Field(() => InvitationStatusEnum, { nullable: true, description: "Only invitations with this status." })
  status?: InvitationStatus | null;
}

@ObjectType({ description: "The same response whether or not the address has a user." })
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
  @Field(() => EmailAddress, { description: "The address to invite. It becomes the login name." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The person's display name; at most 200 characters." })
  name?: string | null;

  @Field(() => [ID], {
    defaultValue: [],
    description: "The roles of the new member, from the tenant of the access token; MEMBER is always added.",
  })
  roleIds!: string[];
}

@InputType({ description: "The invitation's token, and the password and profile of the new user." })
export class AcceptInvitationInput {
  @Field(() => String, { description: "The `token` parameter of the link's URL." })
  token!: string;

  @Field(() => String, {
    description:
      "8 to 128 characters of any kind, or the tenant's minimum; not a common password, not the user's address or name.",
  })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: "A username for logging in: 3 to 32 letters, digits, or any of _ . -",
  })
  username?: string | null;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the tokens are delivered, as for `login`.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description:
      "The name of this device in the list of sessions. Defaults to a description derived from the User-Agent header.",
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
