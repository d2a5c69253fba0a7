import { createUnionType, Field, InputType, Int, ObjectType } from "type-graphql";
import type { ChallengeReason } from "#features/challenges/index";
import {
  AuthenticationMethodEnum,
  AuthTokens,
  MAX_SESSIONS,
  type Session,
  SessionType,
  type TokenTransport,
  TokenTransportEnum,
} from "#features/sessions/index";
import { type RegistrationMode, RegistrationModeEnum } from "#features/tenants/index";
import { type User, UserType } from "#features/users/index";
import { AtMost } from "#platform/schema/bounds";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { Factor } from "#shared/factors";

@InputType({ description: "The user's credentials, and how to return the tokens." })
export class LoginInput {
  @Field(() => String, { description: "E-mail address or username." })
  identifier!: string;

  @Field(() => String, { description: "The password, as typed." })
  password!: string;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "BODY returns both tokens. COOKIE puts the refresh token into an HttpOnly, Secure, SameSite=Strict __Host- cookie.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "LoginSuccess.deviceToken of an earlier login of this client (browsers use a cookie instead).",
  })
  deviceToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The name of this device in the list of sessions. If absent, it is derived from the User-Agent header.",
  })
  deviceName?: string | null;
}

export const ChallengeReasonEnum = describedEnum<ChallengeReason>(
  "ChallengeReason",
  "Why a login needs a second factor.",
  {
    SECOND_FACTOR_ENABLED: "The user has enabled one.",
    HIGH_RISK: "The login is very unusual.",
    TENANT_POLICY: "The tenant requires one from every user.",
    ENROLMENT_REQUIRED: "The user must add a second factor before anything else: the result will be EnrolmentRequired.",
    ADDRESS_UNPROVED:
      "The provider does not vouch for the address, so a code mailed there verifies it, whether or not a user has the address. " +
      "The user's second factor may follow.",
  },
);

@ObjectType({ description: "The user is signed in." })
export class LoginSuccess {
  @Field(() => AuthTokens, { description: "The tokens of the session." })
  tokens!: AuthTokens;

  @Field(() => UserType, { description: "The signed-in user." })
  user!: User;

  @Field(() => SessionType, { description: "The session that was opened." })
  session!: Session;

  @Field(() => Boolean, {
    description:
      "True if the login was risky or the account has no second factor: show the 'secure your account' banner.",
  })
  mfaRecommended!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      "Allows adding one second factor without a step-up. Pass it to `enableTotp` or `startPasskeyRegistration`, once, on this session, within five " +
      "minutes. Null if the user has a second factor that this login did not use. Keep it in memory only.",
  })
  enrolmentTicket!: string | null;

  @AtMost(MAX_SESSIONS)
  @Field(() => [SessionType], {
    description:
      "The least recently active sessions, ended because of the tenant's `maxSessions`. Their tokens no longer work. At most 100 are listed.",
  })
  evictedSessions!: readonly Session[];

  @Field(() => String, {
    nullable: true,
    description:
      "A secret to pass as LoginInput.deviceToken at the next login, so that this device is recognised. Null if a cookie holds it.",
  })
  deviceToken!: string | null;
}

@ObjectType({
  description:
    "The first factor (password or provider) was valid. The same client must complete a second factor: verifyTotp, verifyBackupCode, verifyEmailCode, or " +
    "startPasskeyLogin and finishPasskeyLogin.",
})
export class SecondFactorRequired {
  @Field(() => String, { description: "Identifies this login in the next step. It grants no other access." })
  challenge!: string;

  @Field(() => [AuthenticationMethodEnum], {
    description:
      "The factors that can complete the login, the preferred one first; one is enough. AuthenticationMethod names the field for each.",
  })
  factors!: readonly Factor[];

  @Field(() => AuthenticationMethodEnum, { description: "The factor to offer first." })
  preferredFactor!: Factor;

  @Field(() => ChallengeReasonEnum, { description: "Why a second factor is required." })
  reason!: ChallengeReason;

  @Field(() => String, {
    nullable: true,
    description:
      "The masked address to which a code was sent: ad***@acme.com. Null if EMAIL_CODE is not among the factors.",
  })
  codeSentTo!: string | null;

  @Field(() => DateTime, { description: "When the challenge expires. After that, call `login` again." })
  expiresAt!: Date;
}

@ObjectType({
  description:
    "The first factor (password or provider) was valid, but the login is unusual, so the user must confirm it by mail. Subscribe to " +
    "`loginProgressed`, or call `checkPendingLogin` every few seconds. Once the status is CONFIRMED, `resumeLogin` signs in.",
})
export class LoginConfirmationRequired {
  @Field(() => String, { description: "Identifies this login in the next step. It grants no other access." })
  challenge!: string;

  @Field(() => String, {
    description:
      "Two digits to show while the login waits. The user enters them on the page that the mail links to (ConfirmLoginInput.number). The mail does " +
      "not contain them. Show them in this window only; `resumeLogin` returns them again.",
  })
  number!: string;

  @Field(() => String, { description: "The masked address to which the mail was sent: ad***@acme.com." })
  sentTo!: string;

  @Field(() => DateTime, { description: "When the challenge expires." })
  expiresAt!: Date;
}

@ObjectType({
  description:
    "The login was valid, but the user must add a second factor before anything else. For ten minutes these tokens allow enableTotp, confirmTotp, " +
    "startPasskeyRegistration, finishPasskeyRegistration and logout, without a step-up; every other field fails with " +
    "FORBIDDEN/ENROLMENT_REQUIRED. After adding a factor, call refreshToken: it returns the tokens of a full session.",
})
export class EnrolmentRequired {
  @Field(() => AuthTokens, { description: "The tokens for the enrolment." })
  tokens!: AuthTokens;

  @Field(() => DateTime, { description: "Until when a factor can be added. After that, log in again." })
  expiresAt!: Date;
}

export const LoginResult = createUnionType({
  name: "LoginResult",
  description: "The result of a login step: completed, or the next step; see `__typename`.",
  types: () => [LoginSuccess, SecondFactorRequired, LoginConfirmationRequired, EnrolmentRequired] as const,
  resolveType: (value) => {
    if ("tokens" in value) return "session" in value ? LoginSuccess : EnrolmentRequired;
    return "factors" in value ? SecondFactorRequired : LoginConfirmationRequired;
  },
});

@ObjectType({ description: "The settings that a login page needs before sign-in." })
export class AuthSettings {
  @Field(() => RegistrationModeEnum, { description: "Whether visitors may register." })
  registration!: RegistrationMode;

  @Field(() => Int, { description: "The minimum number of characters of a password." })
  passwordMinLength!: number;
}
