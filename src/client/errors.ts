/** The values of `errors[].extensions.code` (the schema's `ErrorCode`). A later version may add codes: keep a default branch. */
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

/** The values of `errors[].extensions.reason` (the schema's `ErrorReason`), each with the code that it accompanies. */
const REASON_CODES = {
  ACCOUNT_LOCKED: "RATE_LIMITED",
  ACCOUNT_SUSPENDED: "FORBIDDEN",
  APPROVAL_PENDING: "FORBIDDEN",
  APPROVER_NOT_INDEPENDENT: "FORBIDDEN",
  CHALLENGE_EXPIRED: "INVALID_TOKEN",
  DOMAIN_OWNED: "FORBIDDEN",
  EMAIL_NOT_VERIFIED: "FORBIDDEN",
  EMAIL_TAKEN: "CONFLICT",
  ENROLMENT_REQUIRED: "FORBIDDEN",
  FACTORS_RESET_RECENTLY: "FORBIDDEN",
  FACTOR_RESET_REFUSED: "FORBIDDEN",
  INCORRECT_PASSWORD: "FORBIDDEN",
  LAST_ADMIN: "CONFLICT",
  LAST_LOGIN_METHOD: "BAD_REQUEST",
  LAST_OPERATOR: "CONFLICT",
  LOGIN_DENIED: "FORBIDDEN",
  MFA_LOCKED: "RATE_LIMITED",
  MISSING_PERMISSION: "FORBIDDEN",
  NOT_A_MEMBER: "FORBIDDEN",
  NOT_SESSION_OWNER: "FORBIDDEN",
  NO_PASSWORD_SET: "BAD_REQUEST",
  OLDER_CREDENTIAL_REQUIRED: "FORBIDDEN",
  OTHER_MEMBERSHIPS: "FORBIDDEN",
  PASSWORD_REQUIRED: "BAD_REQUEST",
  PASSWORD_RESET_REQUIRED: "FORBIDDEN",
  PROVIDER_NOT_CONFIGURED: "BAD_REQUEST",
  ROLE_NAME_TAKEN: "CONFLICT",
  SAME_PASSWORD: "BAD_REQUEST",
  SAP_ADDRESS_REFUSED: "BAD_REQUEST",
  SAP_UNAUTHORIZED: "UPSTREAM_FAILED",
  SAP_UNREACHABLE: "UPSTREAM_FAILED",
  SOCIAL_ACCOUNT_TAKEN: "CONFLICT",
  TENANT_REQUIRES_SECOND_FACTOR: "FORBIDDEN",
  TENANT_SUSPENDED: "FORBIDDEN",
  TOKEN_REUSED: "INVALID_REFRESH_TOKEN",
  USERNAME_TAKEN: "CONFLICT",
  WEAK_PASSWORD: "BAD_REQUEST",
} as const satisfies Readonly<Record<string, ErrorCode>>;
export type ErrorReason = keyof typeof REASON_CODES;
export const ERROR_REASONS = Object.keys(REASON_CODES) as readonly ErrorReason[];

/** The reasons of a code; `never` if it has no reasons. */
export type ReasonOf<Code extends ErrorCode> = {
  [Reason in ErrorReason]: (typeof REASON_CODES)[Reason] extends Code ? Reason : never;
}[ErrorReason];

interface ErrorDetail<Code extends ErrorCode> {
  readonly code: Code;
  /** Null if the code alone is sufficient. */
  readonly reason: ReasonOf<Code> | null;
  /** For developers, in English. */
  readonly message: string;
  /** The invalid input fields, as `input.email`; empty unless the code is BAD_USER_INPUT or the reason WEAK_PASSWORD. */
  readonly fields: readonly { readonly path: string; readonly message: string }[];
  /** With INVALID_CODE: how many attempts remain. Null otherwise. */
  readonly attemptsLeft: number | null;
  /** Seconds to wait before the next attempt; null if the API does not specify it. */
  readonly retryAfter: number | null;
}

/** The error of one failed field. `switch (error.code)` narrows `reason` to the reasons of that code. */
export type ApiError = { [Code in ErrorCode]: ErrorDetail<Code> }[ErrorCode];

/**
 * The first error of this API in what a GraphQL client threw or returned: Apollo Client's and urql's errors, a list of `errors`,
 * or a single error.
 *
 * @returns null for anything else: a network failure, a bug, or a code unknown to this version of the package
 */
export const errorOf = (thrown: unknown): ApiError | null => {
  for (const { message, extensions } of candidatesIn(thrown)) {
    const { code, reason, fields, attemptsLeft, retryAfter } = extensions ?? {};
    if (!isOneOf(ERROR_CODES, code)) continue;
    return {
      code,
      reason: isOneOf(ERROR_REASONS, reason) && REASON_CODES[reason] === code ? reason : null,
      message: message ?? "",
      fields: fields ?? [],
      attemptsLeft: attemptsLeft ?? null,
      retryAfter: retryAfter ?? null,
    } as ApiError;
  }
  return null;
};

interface ErrorCandidate {
  readonly message?: string;
  readonly extensions?: {
    readonly code?: unknown;
    readonly reason?: unknown;
    readonly fields?: ApiError["fields"];
    readonly attemptsLeft?: number;
    readonly retryAfter?: number;
  };
}

/** Apollo Client stores them in `errors`, urql in `graphQLErrors`. */
const candidatesIn = (thrown: unknown): readonly ErrorCandidate[] => {
  if (Array.isArray(thrown)) return thrown.flatMap(candidatesIn);
  if (typeof thrown !== "object" || thrown === null) return [];
  const { errors, graphQLErrors } = thrown as { errors?: unknown; graphQLErrors?: unknown };
  return [thrown, ...candidatesIn(errors), ...candidatesIn(graphQLErrors)];
};

const isOneOf = <Value extends string>(values: readonly Value[], value: unknown): value is Value =>
  (values as readonly unknown[]).includes(value);
