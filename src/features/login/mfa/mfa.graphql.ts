import { Field, InputType, Int, ObjectType } from "type-graphql";
import { AuthenticationMethodEnum } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import { factorsOf, isMfaEnabled, type MfaState } from "./mfa.policy.ts";

/** The input of the fields that begin an enrolment. */
@InputType()
export abstract class EnrolmentTicketInput {
  @Field(() => String, {
    nullable: true,
    description:
      "LoginSuccess.enrolmentTicket, in place of an elevated access token: good once, on the session of that login, for five minutes.",
  })
  enrolmentTicket?: string | null;
}

@ObjectType({ description: "Which second factors a user has." })
export class MfaStatus {
  @Field(() => Boolean, {
    description: "Whether logins with a password need a second factor: TOTP or a passkey is on.",
  })
  enabled!: boolean;

  @Field(() => Boolean, { description: "Whether an authenticator app is on." })
  totpEnabled!: boolean;

  @Field(() => Int, { description: "How many passkeys the user has." })
  passkeyCount!: number;

  @Field(() => Int, { description: "How many backup codes are not used yet. At two or fewer, offer new ones." })
  backupCodesLeft!: number;

  @Field(() => AuthenticationMethodEnum, {
    nullable: true,
    description: "What a login offers first: what the user chose, else a passkey before TOTP. Null where none is on.",
  })
  preferredFactor!: Factor | null;
}

@InputType({ description: "The second factor to offer first." })
export class SetPreferredFactorInput {
  @Field(() => AuthenticationMethodEnum, { description: "TOTP or PASSKEY, one that is on." })
  factor!: AuthenticationMethod;
}

@ObjectType({ description: "The caller's user with the new preference." })
export class SetPreferredFactorPayload extends UserPayload {}

/** As the schema shows it. */
export const toMfaStatus = (mfa: MfaState): MfaStatus => ({
  enabled: isMfaEnabled(mfa),
  totpEnabled: mfa.totp,
  passkeyCount: mfa.passkeys,
  backupCodesLeft: mfa.backupCodesLeft,
  preferredFactor: factorsOf(mfa)[0] ?? null,
});
