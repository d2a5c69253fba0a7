import { Field, ID, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress } from "#platform/schema/scalars";
import type { RegistrationId } from "#shared/ids";
import type { Registration } from "./approvals.service.ts";
import type { RegistrationStatus } from "./registration.policy.ts";

export const RegistrationStatusEnum = describedEnum<RegistrationStatus>(
  "RegistrationStatus",
  "The state of a registration. No registration can log in.",
  {
    PENDING_VERIFICATION: "It becomes a user once the address is verified; no admin decides.",
    PENDING: "Waits for an admin's decision.",
    APPROVED: "It becomes a user once the address is verified with the mailed link.",
    REJECTED: "It was rejected, and the applicant was notified by mail.",
  },
);

@ObjectType("Registration", {
  implements: Node,
  description:
    "A visitor's request for an account. It reserves nothing. Callers with `registrations:decide` see it for 30 days, or for 90 days after the decision.",
})
export class RegistrationType implements Node {
  id!: RegistrationId;

  @Field(() => EmailAddress, { description: "The applicant's address, as typed. It is not verified." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The name given by the applicant." })
  name!: string | null;

  @Field(() => RegistrationStatusEnum, { description: "The decision, if there is one." })
  status!: RegistrationStatus;

  @Field(() => DateTime, { description: "When the applicant registered." })
  requestedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it was decided; null before." })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Why it was rejected, as mailed to the applicant." })
  reason!: string | null;
}

export const RegistrationConnection = connectionOf(RegistrationType, "Registration");

@InputType({ description: "The registrations to list: those that match all given fields." })
export class RegistrationFilter {
  @Field(() => RegistrationStatusEnum, { nullable: true, description: "Only registrations with this status." })
  status?: RegistrationStatus | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only registrations requested in this period." })
  requestedAt?: DateTimeRange | null;
}

/** For payloads that contain the decided registration. */
@ObjectType()
abstract class RegistrationPayload {
  @Field(() => RegistrationType, { description: "The registration after the decision." })
  registration!: Registration;
}

@InputType({ description: "The registration to approve." })
export class ApproveRegistrationInput {
  @Field(() => ID, { description: "A registration with the status PENDING." })
  registrationId!: string;
}

@ObjectType({ description: "The registration, APPROVED." })
export class ApproveRegistrationPayload extends RegistrationPayload {}

@InputType({ description: "The registration to reject." })
export class RejectRegistrationInput {
  @Field(() => ID, { description: "A registration with the status PENDING." })
  registrationId!: string;

  @Field(() => String, {
    nullable: true,
    description: "The reason, included in the mail to the applicant; at most 500 characters, no web address.",
  })
  reason?: string | null;
}

@ObjectType({ description: "The registration, REJECTED." })
export class RejectRegistrationPayload extends RegistrationPayload {}
