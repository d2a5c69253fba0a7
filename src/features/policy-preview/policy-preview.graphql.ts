import { Field, InputType, Int, ObjectType } from "type-graphql";
import { PolicySettingsInput, SecurityPolicyType } from "#features/tenants/index";
import { DateTime } from "#platform/schema/scalars";
import { MAX_LOGINS, PREVIEW_DAYS } from "./policy-effects.ts";
import type { PolicyPreview } from "./policy-preview.service.ts";

@InputType({
  description: "The changes to preview. Absent fields stay unchanged, and so do null fields except `maxSessions`.",
})
export class PolicyPreviewInput extends PolicySettingsInput {}

@ObjectType({
  description:
    "The logins of a preview by what they would have needed after the password or the account at a provider.",
})
class PolicyLoginCounts {
  @Field(() => Int, { description: "Logins that would have needed nothing more." })
  withoutFurtherStep!: number;

  @Field(() => Int, {
    description: "Logins of users who now have a second factor of their own, which every policy requires of them.",
  })
  withOwnFactor!: number;

  @Field(() => Int, { description: "Logins that would have needed a code sent by mail." })
  withMailedCode!: number;

  @Field(() => Int, { description: "Logins that would have waited for a confirmation by mail." })
  withConfirmation!: number;
}

@ObjectType({ description: "What a policy would have required, and how many users and sessions it affects now." })
class PolicyEffect {
  @Field(() => PolicyLoginCounts, { description: "The assessed logins." })
  logins!: PolicyLoginCounts;

  @Field(() => Int, {
    description: "Active users of the tenant who would have to add a second factor of their own at their next login.",
  })
  usersToEnrol!: number;

  @Field(() => Int, {
    description: "Members from other tenants who could not enter before they add a second factor of their own.",
  })
  guestsToEnrol!: number;

  @Field(() => Int, { description: "Users with more live sessions than `maxSessions`." })
  usersOverSessionLimit!: number;

  @Field(() => Int, {
    description: "Their live sessions beyond the limit. Each user's end at that user's next login, not before.",
  })
  sessionsOverLimit!: number;
}

@ObjectType("PolicyPreview", {
  description:
    "The effect of a changed policy, compared with the current one. An estimate: it looks at the past with the factors that users have now. " +
    "`passwordMinLength` has no effect that could be counted, because the lengths of existing passwords are unknown.",
})
export class PolicyPreviewType {
  @Field(() => DateTime, {
    description: `The start of the period: ${PREVIEW_DAYS} days ago, or later for the logins if \`isSampled\`.`,
  })
  since!: Date;

  @Field(() => DateTime, { description: "The end of the period: now." })
  until!: Date;

  @Field(() => SecurityPolicyType, { description: "The whole policy after the changes." })
  policy!: SecurityPolicyType;

  @Field(() => Int, {
    description:
      "How many logins were assessed: those with a right password, or by an account at a provider or a passkey.",
  })
  assessedLogins!: number;

  @Field(() => Boolean, {
    description: `Whether there were more than ${MAX_LOGINS.toLocaleString("en")} attempts, of which only the newest were assessed.`,
  })
  isSampled!: boolean;

  @Field(() => Int, {
    description: `Password changes in the last ${PREVIEW_DAYS} days. Each would have ended at least the sessions of \`passwordChangeEnds\`.`,
  })
  passwordChanges!: number;

  @Field(() => Int, {
    description: `Registrations in the last ${PREVIEW_DAYS} days. \`registration\` decides whether such registrations are accepted.`,
  })
  registrations!: number;

  @Field(() => PolicyEffect, { description: "With the current policy." })
  current!: PolicyPreview["current"];

  @Field(() => PolicyEffect, { description: "With the changed policy." })
  proposed!: PolicyPreview["proposed"];
}
