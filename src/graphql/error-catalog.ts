import { Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import { Public } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { describedEnum } from "#platform/schema/common.graphql";
import { ERROR_REASONS, ERROR_STATUS, type ErrorCode, type ErrorReason, REASON_CODES } from "#shared/errors";

const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST: "The input is well-formed but not acceptable, or the operation itself is not.",
  BAD_USER_INPUT:
    "GraphQL variables or arguments failed validation; `fields` names each, as `input.email` if the variable is called `$input`. What " +
    "the schema itself refuses comes as an error for each field.",
  UNAUTHENTICATED: "No access token, or one that is expired or revoked. The only code on which a client refreshes.",
  INVALID_CREDENTIALS: "The login failed. The same for an unknown identifier and a wrong password.",
  INVALID_CODE:
    "A second-factor code, or the number of a login that waits to be confirmed, was wrong; `attemptsLeft` says how many tries remain.",
  INVALID_REFRESH_TOKEN: "The refresh token is unknown, already used, expired or revoked: log in again.",
  FORBIDDEN: "The caller may not do this; `reason` may say why.",
  REAUTHENTICATION_REQUIRED: "Repeat a credential on this session (see `reauthenticate`), then call again.",
  NOT_FOUND: "It does not exist, or the caller may not see it.",
  CONFLICT: "It conflicts with the current state; `reason` may say with what.",
  INVALID_TOKEN: "A link or challenge is unknown, used or expired.",
  RATE_LIMITED: "Too many attempts; try again after `retryAfter` seconds.",
  UPSTREAM_FAILED: "An external system (SAP, identity provider) returned an invalid response or none.",
  SERVICE_UNAVAILABLE:
    "This API is busy, or a service that it needs is unavailable; try again after `retryAfter` seconds. Never a reason to log the user out.",
  INTERNAL_SERVER_ERROR: "An internal error; its cause is not disclosed.",
};

const REASONS: Readonly<Record<ErrorReason, string>> = {
  INCORRECT_PASSWORD: "The caller's own password was wrong.",
  NO_PASSWORD_SET: "The account has no password.",
  SAME_PASSWORD: "The new password is the same as the current one.",
  WEAK_PASSWORD: "The password breaks a rule; `fields` says which.",
  PASSWORD_REQUIRED: "The link was opened without the challenge of its registration: call again with a `password`.",
  USERNAME_TAKEN: "Another user has this username.",
  EMAIL_TAKEN: "Another user has this address.",
  NOT_SESSION_OWNER: "The session belongs to another user.",
  MISSING_PERMISSION:
    "The caller's roles in the tenant of the access token do not have the permission, or the caller is not an operator",
  OTHER_MEMBERSHIPS:
    "The user is a member of other tenants: the home tenant manages the account only if an operator recorded that it owns the domain of the address.",
  DOMAIN_OWNED: "The home tenant owns the domain of the address, so the home cannot be moved.",
  ROLE_NAME_TAKEN: "The tenant already has a role with this name, ignoring case.",
  NOT_A_MEMBER: "The caller has no active membership in the tenant.",
  TENANT_REQUIRES_SECOND_FACTOR:
    "The tenant admits only sessions authenticated with a second factor: call `reauthenticate` with one, then repeat.",
  FACTORS_RESET_RECENTLY:
    "The user's second factors were reset: the tenant admits them after `retryAfter` seconds, or once one of its admins calls `allowMemberEntry`.",
  EMAIL_NOT_VERIFIED: "The address must be verified first: see the mail, or `resendVerificationEmail`.",
  APPROVAL_PENDING: "An admin has not approved the registration yet.",
  ACCOUNT_SUSPENDED: "An admin has suspended the account.",
  TENANT_SUSPENDED: "The tenant is suspended.",
  PASSWORD_RESET_REQUIRED: "The password must be reset by mail first: see `requestPasswordReset`.",
  ACCOUNT_LOCKED: "Too many failed logins; wait for `retryAfter` seconds.",
  MFA_LOCKED: "Too many wrong codes; wait for `retryAfter` seconds.",
  LOGIN_DENIED: "The owner of the account denied the login: it was not theirs.",
  CHALLENGE_EXPIRED: "The login took too long: start again.",
  ENROLMENT_REQUIRED: "This session may only add a second factor.",
  APPROVER_NOT_INDEPENDENT:
    "Another admin must approve, who has been one for at least 7 days. Neither of the two may have invited the other or made the other an admin.",
  FACTOR_RESET_REFUSED: "The second factors of this account cannot be reset at the user's request now.",
  OLDER_CREDENTIAL_REQUIRED:
    "The user must use a credential from before the change of address, or from before the change was suspended.",
  TOKEN_REUSED: "A refresh token was used again after rotation; the session was ended.",
  LAST_LOGIN_METHOD: "It is the user's last login method, so it cannot be removed.",
  LAST_ADMIN: "The tenant would have no active admin: make another user an admin first.",
  LAST_OPERATOR: "The installation would have no active operator: make another user an operator first.",
  PROVIDER_NOT_CONFIGURED: "This identity provider is not configured.",
  SOCIAL_ACCOUNT_TAKEN:
    "The account at the provider is linked to another user, or the user has linked another account there.",
  SAP_UNREACHABLE: "The SAP system did not respond.",
  SAP_UNAUTHORIZED: "The SAP system refused the credentials.",
  SAP_ADDRESS_REFUSED: "This API does not call SAP systems at this address.",
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
  "`errors[].extensions.reason`: details that the code alone does not express.",
  REASONS,
);

@ObjectType({ description: "A code that an error can carry." })
export class ErrorCodeDescription {
  @Field(() => ErrorCodeEnum, { description: "`errors[].extensions.code`." })
  code!: ErrorCode;

  @Field(() => Int, { description: "`errors[].extensions.status`: the HTTP status of the code." })
  status!: number;

  @Field(() => String, { description: "When it is returned, and how a client should react." })
  description!: string;
}

@ObjectType({ description: "A reason that an error can carry beside its code." })
export class ErrorReasonDescription {
  @Field(() => ErrorReasonEnum, { description: "`errors[].extensions.reason`." })
  reason!: ErrorReason;

  @Field(() => ErrorCodeEnum, { description: "The code that it accompanies." })
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

/** Makes both enums part of the schema, so that code generators and developers find them. */
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
