import { Arg, Field, Int, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import type { Factor } from "#shared/factors";
import { factorsOf, isMfaEnabled, type MfaState } from "./mfa.policy.ts";

export const FactorEnum = describedEnum<Factor>(
  "Factor",
  "A second way to prove who one is, and what finishes a login with it.",
  {
    TOTP: "A code from an authenticator app (RFC 6238): `verifyTotp`.",
    BACKUP_CODE: "One of the backup codes: `verifyBackupCode`.",
    EMAIL_CODE: "A code sent by mail: `verifyEmailCode`. `sendEmailCode` mails another.",
    PASSKEY: "A passkey (WebAuthn): `startPasskeyLogin`, then `finishPasskeyLogin`.",
  },
);

/** The argument of the fields that begin an enrolment. */
export const EnrolmentTicket = (): ReturnType<typeof Arg> =>
  Arg("enrolmentTicket", () => String, {
    nullable: true,
    description:
      "LoginSuccess.enrolmentTicket, in place of an elevated access token: good once, on the session of that login, for five minutes.",
  });

@ObjectType({ description: "Which second factors a user has." })
export class MfaStatus {
  @Field(() => Boolean, {
    description: "Whether logins with a password need a second factor: TOTP or a passkey is on.",
  })
  enabled!: boolean;

  @Field(() => Boolean, { description: "Whether an authenticator app is on." })
  totp!: boolean;

  @Field(() => Int, { description: "How many passkeys there are." })
  passkeys!: number;

  @Field(() => Int, { description: "How many backup codes are not used yet. At two or fewer, offer new ones." })
  backupCodesLeft!: number;

  @Field(() => FactorEnum, {
    nullable: true,
    description: "What a login offers first: what the user chose, else a passkey before TOTP. Null where none is on.",
  })
  preferredFactor!: Factor | null;
}

@ObjectType({ description: "The user's second factors after the change." })
export class MfaPayload {
  @Field(() => MfaStatus, { description: "The second factors after the change." })
  mfa!: MfaStatus;
}

/** As the schema shows it. */
export const toMfaStatus = (mfa: MfaState): MfaStatus => ({
  enabled: isMfaEnabled(mfa),
  totp: mfa.totp,
  passkeys: mfa.passkeys,
  backupCodesLeft: mfa.backupCodesLeft,
  preferredFactor: factorsOf(mfa)[0] ?? null,
});
