import { createUnionType, Field, InputType, Int, ObjectType } from "type-graphql";
import type { ChallengeReason } from "#features/challenges/index";
import {
  AuthenticationMethodEnum,
  AuthTokens,
  MOST_SESSIONS,
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

@InputType({ description: "Who logs in, and how the tokens are to be handed over." })
export class LoginInput {
  @Field(() => String, { description: "E-mail address or username." })
  identifier!: string;

  @Field(() => String, { description: "The password, as typed." })
  password!: string;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "BODY answers with both tokens. COOKIE puts the refresh token into an HttpOnly, Secure, SameSite=Strict __Host- cookie.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "The secret this client was given as LoginSuccess.deviceToken (browsers: a cookie does it).",
  })
  deviceToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "What to call this device in the list of sessions; without it, the User-Agent header names it.",
  })
  deviceName?: string | null;
}

export const ChallengeReasonEnum = describedEnum<ChallengeReason>(
  "ChallengeReason",
  "Why a login needs a second factor.",
  {
    SECOND_FACTOR_ENABLED: "The user has turned one on.",
    HIGH_RISK: "The login is very unusual.",
    TENANT_POLICY: "The tenant asks everybody for one.",
    ENROLMENT_REQUIRED: "A second factor must be added before anything else: the answer will be EnrolmentRequired.",
    ADDRESS_UNPROVED:
      "The provider does not vouch for the address, so a code that is mailed there proves it, whether or not a user has it. The " +
      "user's own second factor may follow.",
  },
);

@ObjectType({ description: "The user is signed in." })
export class LoginSuccess {
  @Field(() => AuthTokens, { description: "What the client needs from now on." })
  tokens!: AuthTokens;

  @Field(() => UserType, { description: "Who is signed in." })
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
      "Adds one second factor without a step-up: give it to `enableTotp` or `startPasskeyRegistration`, once, on this session, within five " +
      "minutes. Null if the user has a second factor that this login did not use. Keep it in memory only.",
  })
  enrolmentTicket!: string | null;

  @AtMost(MOST_SESSIONS)
  @Field(() => [SessionType], {
    description:
      "Sessions that ended because of the tenant's `maxSessions`: the ones least recently active. Their tokens have stopped working. At most 100 are listed.",
  })
  evictedSessions!: readonly Session[];

  @Field(() => String, {
    nullable: true,
    description:
      "A secret to give at the next login as LoginInput.deviceToken, so that this device is recognised. Null if a cookie holds it.",
  })
  deviceToken!: string | null;
}

@ObjectType({
  description:
    "The password was right, or a provider said who it is; a second factor is to follow, in the same client: verifyTotp, verifyBackupCode, verifyEmailCode, or " +
    "startPasskeyLogin and finishPasskeyLogin.",
})
export class SecondFactorRequired {
  @Field(() => String, { description: "Names this login in the next step; it opens nothing else." })
  challenge!: string;

  @Field(() => [AuthenticationMethodEnum], {
    description:
      "What the user may prove, the preferred one first; one is enough. AuthenticationMethod says which field takes it.",
  })
  factors!: readonly Factor[];

  @Field(() => AuthenticationMethodEnum, { description: "What to offer first." })
  preferredFactor!: Factor;

  @Field(() => ChallengeReasonEnum, { description: "Why it is asked for." })
  reason!: ChallengeReason;

  @Field(() => String, {
    nullable: true,
    description: "Where a code was sent, masked: ad***@acme.com. Null if EMAIL_CODE is not among the factors.",
  })
  codeSentTo!: string | null;

  @Field(() => DateTime, { description: "Until when it can be finished; then call `login` again." })
  expiresAt!: Date;
}

@ObjectType({
  description:
    "The password was right, or a provider said who it is; the login is unusual, so the user confirms it by mail. Follow `loginProgressed` " +
    "meanwhile, or call `checkPendingLogin` every few seconds; at CONFIRMED `resumeLogin` signs in.",
})
export class LoginConfirmationRequired {
  @Field(() => String, { description: "Names this login in the next step; it opens nothing else." })
  challenge!: string;

  @Field(() => String, {
    description:
      "Two digits to show while the login waits: the user types them on the page that the mail leads to (ConfirmLoginInput.number). The mail does " +
      "not contain them. Show them in this window only; `resumeLogin` returns them again.",
  })
  number!: string;

  @Field(() => String, { description: "Where the mail was sent, masked: ad***@acme.com." })
  sentTo!: string;

  @Field(() => DateTime, { description: "When the challenge ends." })
  expiresAt!: Date;
}

@ObjectType({
  description:
    "All is proved, but the user must add a second factor before anything else: for ten minutes these tokens open enableTotp, confirmTotp, " +
    "startPasskeyRegistration, finishPasskeyRegistration and logout, without a step-up; every other field answers " +
    "FORBIDDEN/ENROLMENT_REQUIRED. Once a factor is added, call refreshToken: the tokens that it returns are those of a login.",
})
export class EnrolmentRequired {
  @Field(() => AuthTokens, { description: "What opens the enrolment." })
  tokens!: AuthTokens;

  @Field(() => DateTime, { description: "Until when a factor can be added; then log in again." })
  expiresAt!: Date;
}

export const LoginResult = createUnionType({
  name: "LoginResult",
  description: "Where a login stands: done, or what comes next; `__typename` says which.",
  types: () => [LoginSuccess, SecondFactorRequired, LoginConfirmationRequired, EnrolmentRequired] as const,
  resolveType: (value) => {
    if ("tokens" in value) return "session" in value ? LoginSuccess : EnrolmentRequired;
    return "factors" in value ? SecondFactorRequired : LoginConfirmationRequired;
  },
});

@ObjectType({ description: "What a login page needs before anyone is signed in." })
export class AuthSettings {
  @Field(() => RegistrationModeEnum, { description: "Whether visitors may register." })
  registration!: RegistrationMode;

  @Field(() => Int, { description: "The fewest characters a password may have." })
  passwordMinLength!: number;
}
