import { Field, InputType, Int, ObjectType } from "type-graphql";
import { AuthenticationMethodEnum } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import { factorsOf, isMfaEnabled, type MfaState } from "./mfa.policy.ts";

/** The input of the fields that start an enrolment. */
@InputType()
export abstract class EnrolmentTicketInput {
  @Field(() => String, {
    nullable: true,
    description:
      "LoginSuccess.enrolmentTicket, instead of an elevated access token. Valid once, on the session of that login, for five minutes.",
  })
  enrolmentTicket?: string | null;
}

@ObjectType({ description: "The second factors of a user." })
export class MfaStatus {
  @Field(() => Boolean, {
    description: "Whether logins with a password need a second factor, because TOTP or a passkey is enabled.",
  })
  enabled!: boolean;

  @Field(() => Boolean, { description: "Whether an authenticator app is enabled." })
  totpEnabled!: boolean;

  @Field(() => Int, { description: "How many passkeys the user has." })
  passkeyCount!: number;

  @Field(() => Int, { description: "How many backup codes are unused. If two or fewer are left, offer new ones." })
  backupCodesLeft!: number;

  @Field(() => AuthenticationMethodEnum, {
    nullable: true,
    description:
      "The factor that a login offers first: the user's choice, else a passkey before TOTP. Null if no factor is enabled.",
  })
  preferredFactor!: Factor | null;
}

@InputType({ description: "The second factor to offer first." })
export class SetPreferredFactorInput {
  @Field(() => AuthenticationMethodEnum, { description: "TOTP or PASSKEY; it must be enabled." })
  factor!: AuthenticationMethod;
}

@ObjectType({ description: "The caller's user with the new preference." })
export class SetPreferredFactorPayload extends UserPayload {}

/** The form in the schema. */
export const toMfaStatus = (mfa: MfaState): MfaStatus => ({
  enabled: isMfaEnabled(mfa),
  totpEnabled: mfa.totp,
  passkeyCount: mfa.passkeys,
  backupCodesLeft: mfa.backupCodesLeft,
  preferredFactor: factorsOf(mfa)[0] ?? null,
});
