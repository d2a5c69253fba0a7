/** What `errors[].extensions.code` can be (the schema's `ErrorCode`). A later version may add codes: keep a default branch. */
export const ERROR_CODES = [
  "BAD_REQUEST",
  "BAD_USER_INPUT",
  "CONFLICT",
  "FORBIDDEN",
  "INTERNAL_SERVER_ERROR",
  "INVALID_CODE",
  "INVALID_CREDENTIALS",
  "INVALID_REFRESH_TOKEN",
  "INVALID_TOKEN",
  "NOT_FOUND",
  "RATE_LIMITED",
  "REAUTHENTICATION_REQUIRED",
  "SERVICE_UNAVAILABLE",
  "UNAUTHENTICATED",
  "UPSTREAM_FAILED",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What `errors[].extensions.reason` can be (the schema's `ErrorReason`). */
export const ERROR_REASONS = [
  "ACCOUNT_LOCKED",
  "ACCOUNT_SUSPENDED",
  "APPROVAL_PENDING",
  "APPROVER_NOT_INDEPENDENT",
  "CHALLENGE_EXPIRED",
  "DOMAIN_OWNED",
  "EMAIL_NOT_VERIFIED",
  "EMAIL_TAKEN",
  "ENROLMENT_REQUIRED",
  "FACTOR_RESET_REFUSED",
  "INCORRECT_PASSWORD",
  "LAST_ADMIN",
  "LAST_LOGIN_METHOD",
  "LAST_OPERATOR",
  "LOGIN_DENIED",
  "MFA_LOCKED",
  "MISSING_PERMISSION",
  "NOT_A_MEMBER",
  "NOT_SESSION_OWNER",
  "NO_PASSWORD_SET",
  "OLDER_CREDENTIAL_REQUIRED",
  "OTHER_MEMBERSHIPS",
  "PASSWORD_REQUIRED",
  "PASSWORD_RESET_REQUIRED",
  "PROVIDER_NOT_CONFIGURED",
  "ROLE_NAME_TAKEN",
  "SAME_PASSWORD",
  "SAP_ADDRESS_REFUSED",
  "SAP_UNAUTHORIZED",
  "SAP_UNREACHABLE",
  "SOCIAL_ACCOUNT_TAKEN",
  "TENANT_REQUIRES_SECOND_FACTOR",
  "TENANT_SUSPENDED",
  "TOKEN_REUSED",
  "USERNAME_TAKEN",
  "WEAK_PASSWORD",
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** What the API says about one failed field. */
export interface ApiError {
  readonly code: ErrorCode;
  /** Null if the code alone says all. */
  readonly reason: ErrorReason | null;
  /** For people, in English. */
  readonly message: string;
  /** The input fields at fault, as `input.email`; empty unless the code is BAD_USER_INPUT or the reason WEAK_PASSWORD. */
  readonly fields: readonly { readonly path: string; readonly message: string }[];
  /** With INVALID_CODE: how many attempts remain. Null otherwise. */
  readonly attemptsLeft: number | null;
  /** Seconds to wait before the next attempt; null if the API names none. */
  readonly retryAfter: number | null;
}

/**
 * The first error of this API in what a GraphQL client threw or returned: Apollo Client's and urql's errors, a list of
 * `errors`, or one of them.
 *
 * @returns null for anything else: a network failure, a bug, a code that this version of the package does not know
 */
export const errorOf = (thrown: unknown): ApiError | null => {
  for (const { message, extensions } of candidatesIn(thrown)) {
    const { code, reason, fields, attemptsLeft, retryAfter } = extensions ?? {};
    if (!isOneOf(ERROR_CODES, code)) continue;
    return {
      code,
      reason: isOneOf(ERROR_REASONS, reason) ? reason : null,
      message: message ?? "",
      fields: fields ?? [],
      attemptsLeft: attemptsLeft ?? null,
      retryAfter: retryAfter ?? null,
    };
  }
  return null;
};

interface Candidate {
  readonly message?: string;
  readonly extensions?: {
    readonly code?: unknown;
    readonly reason?: unknown;
    readonly fields?: ApiError["fields"];
    readonly attemptsLeft?: number;
    readonly retryAfter?: number;
  };
}

/** Apollo Client has them in `errors`, urql in `graphQLErrors`. */
const candidatesIn = (thrown: unknown): readonly Candidate[] => {
  if (Array.isArray(thrown)) return thrown.flatMap(candidatesIn);
  if (typeof thrown !== "object" || thrown === null) return [];
  const { errors, graphQLErrors } = thrown as { errors?: unknown; graphQLErrors?: unknown };
  return [thrown, ...candidatesIn(errors), ...candidatesIn(graphQLErrors)];
};

const isOneOf = <Value extends string>(values: readonly Value[], value: unknown): value is Value =>
  (values as readonly unknown[]).includes(value);
