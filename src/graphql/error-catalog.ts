import { Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import { Public } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { describedEnum } from "#platform/schema/common.graphql";
import { ERROR_REASONS, ERROR_STATUS, type ErrorCode, type ErrorReason, REASON_CODES } from "#shared/errors";

const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST: "The input is well-formed but not acceptable, or the operation itself is not.",
  BAD_USER_INPUT:
    "GraphQL variables or arguments failed validation; `fields` names each, as `input.email` where the variable is called `$input`. What " +
    "the schema itself refuses comes as an error for each field.",
  UNAUTHENTICATED: "No access token, or one that is expired or revoked. The only code on which a client refreshes.",
  INVALID_CREDENTIALS: "The login failed. The same for an unknown identifier and a wrong password.",
  INVALID_CODE:
    "A second-factor code, or the number of a login that waits to be confirmed, was wrong; `attemptsLeft` says how many tries remain.",
  INVALID_REFRESH_TOKEN: "The refresh token is unknown, spent, expired or revoked: log in again.",
  FORBIDDEN: "The caller may not do this; `reason` may say why.",
  REAUTHENTICATION_REQUIRED: "Repeat a credential on this session (see `reauthenticate`), then call again.",
  NOT_FOUND: "There is no such thing, or the caller may not know of it.",
  CONFLICT: "It conflicts with what is there; `reason` may say with what.",
  INVALID_TOKEN: "A link or challenge is unknown, used or expired.",
  RATE_LIMITED: "Too many attempts; try again after `retryAfter` seconds.",
  UPSTREAM_FAILED: "A system outside did not answer as it must (SAP, identity provider).",
  SERVICE_UNAVAILABLE:
    "This API is busy or a part of it is away; try again after `retryAfter` seconds. Never a reason to log anybody out.",
  INTERNAL_SERVER_ERROR: "Something went wrong here; nothing of the cause is shown.",
};

const REASONS: Readonly<Record<ErrorReason, string>> = {
  INCORRECT_PASSWORD: "The caller's own password was wrong.",
  NO_PASSWORD_SET: "The account has no password to prove or to keep.",
  SAME_PASSWORD: "The new password is the present one.",
  WEAK_PASSWORD: "The password breaks a rule; `fields` says which.",
  PASSWORD_REQUIRED: "The link was opened without the challenge of its registration: call again with a `password`.",
  USERNAME_TAKEN: "Somebody has this username.",
  EMAIL_TAKEN: "Somebody has this address.",
  NOT_SESSION_OWNER: "It is somebody else's session.",
  MISSING_PERMISSION:
    "The caller's roles in the tenant of the access token do not have the permission, or the caller is not an operator",
  OTHER_MEMBERSHIPS:
    "The user is a member of other tenants: the home tenant manages the account only if an operator recorded that it owns the domain of the address.",
  DOMAIN_OWNED: "The home tenant owns the domain of the address, so the home cannot be moved.",
  ROLE_NAME_TAKEN: "The tenant has a role of this name, in upper or lower case.",
  NOT_A_MEMBER: "The caller has no active membership in the tenant.",
  TENANT_REQUIRES_SECOND_FACTOR:
    "The tenant admits only sessions that rest on a second factor: call `reauthenticate` with one, then repeat.",
  FACTORS_RESET_RECENTLY:
    "The user's second factors were reset: the tenant admits them after `retryAfter` seconds, or once an admin of it calls `allowMemberEntry`.",
  EMAIL_NOT_VERIFIED: "The address must be proved first: see the mail, or `resendVerificationEmail`.",
  APPROVAL_PENDING: "An admin has yet to approve the registration.",
  ACCOUNT_SUSPENDED: "An admin has suspended the account.",
  TENANT_SUSPENDED: "The company's tenant is suspended.",
  PASSWORD_RESET_REQUIRED: "The password must be reset by mail first: see `requestPasswordReset`.",
  ACCOUNT_LOCKED: "Too many failed logins; wait for `retryAfter` seconds.",
  MFA_LOCKED: "Too many wrong codes; wait for `retryAfter` seconds.",
  LOGIN_DENIED: "The owner of the account said that the login was somebody else's.",
  CHALLENGE_EXPIRED: "The login took too long: begin again.",
  ENROLMENT_REQUIRED: "This session is for adding a second factor, and for nothing else.",
  APPROVER_NOT_INDEPENDENT:
    "Another admin must approve: one for at least 7 days, who depends on the one who requested it as little as the other way round.",
  FACTOR_RESET_REFUSED: "The second factors of this account are not reset on its user's request now.",
  OLDER_CREDENTIAL_REQUIRED:
    "A credential is required that the user had before the change of address, or before the change was suspended.",
  TOKEN_REUSED: "A spent refresh token came back; the session was ended.",
  LAST_LOGIN_METHOD: "Without it there would be no way in.",
  LAST_ADMIN: "The tenant would be left without an active admin: make another user an admin first.",
  LAST_OPERATOR: "The installation would be left without an active operator: make another user an operator first.",
  PROVIDER_NOT_CONFIGURED: "There is no such identity provider here.",
  SOCIAL_ACCOUNT_TAKEN:
    "That account at the provider is somebody else's way in, or the user has another one there already.",
  SAP_UNREACHABLE: "The SAP system did not answer.",
  SAP_UNAUTHORIZED: "The SAP system refused the credentials.",
  SAP_ADDRESS_REFUSED: "The SAP address is not one that this API calls.",
};

export const ErrorCodeEnum = describedEnum<ErrorCode>(
  "ErrorCode",
  "`errors[].extensions.code`. Beside it: `status`, and if they help `reason`, `fields`, `attemptsLeft`, `retryAfter`.",
  Object.fromEntries(
    Object.entries(MEANINGS).map(([code, meaning]) => [code, `${ERROR_STATUS[code as ErrorCode]}: ${meaning}`]),
  ) as Record<ErrorCode, string>,
);

export const ErrorReasonEnum = describedEnum<ErrorReason>(
  "ErrorReason",
  "`errors[].extensions.reason`: what the code alone does not say.",
  REASONS,
);

@ObjectType({ description: "A code that an error can carry." })
export class ErrorCodeDescription {
  @Field(() => ErrorCodeEnum, { description: "`errors[].extensions.code`." })
  code!: ErrorCode;

  @Field(() => Int, { description: "`errors[].extensions.status`: the HTTP status that the code stands for." })
  status!: number;

  @Field(() => String, { description: "When it is returned, and what a client does about it." })
  description!: string;
}

@ObjectType({ description: "A reason that an error can carry beside its code." })
export class ErrorReasonDescription {
  @Field(() => ErrorReasonEnum, { description: "`errors[].extensions.reason`." })
  reason!: ErrorReason;

  @Field(() => ErrorCodeEnum, { description: "The code that it comes with." })
  code!: ErrorCode;

  @Field(() => String, { description: "What it means." })
  description!: string;
}

@ObjectType({ description: "Every code and reason that an error of this API can carry." })
export class ErrorCatalog {
  @AtMost(Object.keys(MEANINGS).length)
  @Field(() => [ErrorCodeDescription], { description: "All codes." })
  codes!: readonly ErrorCodeDescription[];

  @AtMost(ERROR_REASONS.length)
  @Field(() => [ErrorReasonDescription], { description: "All reasons." })
  reasons!: readonly ErrorReasonDescription[];
}

const CATALOG: ErrorCatalog = {
  codes: Object.entries(MEANINGS).map(([code, description]) => ({
    code: code as ErrorCode,
    status: ERROR_STATUS[code as ErrorCode],
    description,
  })),
  reasons: ERROR_REASONS.map((reason) => ({ reason, code: REASON_CODES[reason], description: REASONS[reason] })),
};

/** Makes both enums reachable, so that code generators and developers find them. */
@Resolver()
export class ErrorCatalogResolver {
  @Public()
  @Query(() => ErrorCatalog, {
    description: "Every code and reason that an error can carry: for developers, and for tools that generate types.",
  })
  errorCatalog(): ErrorCatalog {
    return CATALOG;
  }
}
