/** The closed list of error codes that a client sees, each with its HTTP status. The schema's `ErrorCode` prints it. */
export const ERROR_STATUS = {
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  INVALID_CREDENTIALS: 401,
  INVALID_CODE: 401,
  INVALID_REFRESH_TOKEN: 401,
  FORBIDDEN: 403,
  REAUTHENTICATION_REQUIRED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  INVALID_TOKEN: 400,
  RATE_LIMITED: 429,
  UPSTREAM_FAILED: 502,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** Additional reasons, for codes that alone do not say what the client should do next. Each reason belongs to one code. */
export const REASON_CODES = {
  INCORRECT_PASSWORD: "FORBIDDEN",
  NO_PASSWORD_SET: "BAD_REQUEST",
  SAME_PASSWORD: "BAD_REQUEST",
  WEAK_PASSWORD: "BAD_REQUEST",
  PASSWORD_REQUIRED: "BAD_REQUEST",
  USERNAME_TAKEN: "CONFLICT",
  EMAIL_TAKEN: "CONFLICT",
  NOT_SESSION_OWNER: "FORBIDDEN",
  MISSING_PERMISSION: "FORBIDDEN",
  NOT_A_MEMBER: "FORBIDDEN",
  OTHER_MEMBERSHIPS: "FORBIDDEN",
  DOMAIN_OWNED: "FORBIDDEN",
  ROLE_NAME_TAKEN: "CONFLICT",
  TENANT_REQUIRES_SECOND_FACTOR: "FORBIDDEN",
  FACTORS_RESET_RECENTLY: "FORBIDDEN",
  EMAIL_NOT_VERIFIED: "FORBIDDEN",
  APPROVAL_PENDING: "FORBIDDEN",
  ACCOUNT_SUSPENDED: "FORBIDDEN",
  TENANT_SUSPENDED: "FORBIDDEN",
  PASSWORD_RESET_REQUIRED: "FORBIDDEN",
  ACCOUNT_LOCKED: "RATE_LIMITED",
  MFA_LOCKED: "RATE_LIMITED",
  LOGIN_DENIED: "FORBIDDEN",
  CHALLENGE_EXPIRED: "INVALID_TOKEN",
  TOKEN_REUSED: "INVALID_REFRESH_TOKEN",
  ENROLMENT_REQUIRED: "FORBIDDEN",
  OLDER_CREDENTIAL_REQUIRED: "FORBIDDEN",
  FACTOR_RESET_REFUSED: "FORBIDDEN",
  APPROVER_NOT_INDEPENDENT: "FORBIDDEN",
  LAST_LOGIN_METHOD: "BAD_REQUEST",
  LAST_ADMIN: "CONFLICT",
  LAST_OPERATOR: "CONFLICT",
  PROVIDER_NOT_CONFIGURED: "BAD_REQUEST",
  SOCIAL_ACCOUNT_TAKEN: "CONFLICT",
  SAP_UNREACHABLE: "UPSTREAM_FAILED",
  SAP_UNAUTHORIZED: "UPSTREAM_FAILED",
  SAP_ADDRESS_REFUSED: "BAD_REQUEST",
} as const satisfies Readonly<Record<string, ErrorCode>>;

export type ErrorReason = keyof typeof REASON_CODES;

export const ERROR_REASONS = Object.keys(REASON_CODES) as readonly ErrorReason[];

/** An error as written in the schema's descriptions: `CONFLICT`, or with its reason `CONFLICT/USERNAME_TAKEN`. */
export type ErrorName = ErrorCode | { [R in ErrorReason]: `${(typeof REASON_CODES)[R]}/${R}` }[ErrorReason];

/** One fault of one input field: the path as the client wrote it, and what is expected. Never the value. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface AppErrorDetail {
  readonly reason?: ErrorReason;
  /** Replaces the code's default message. */
  readonly message?: string;
  readonly fields?: readonly FieldError[];
  readonly attemptsLeft?: number;
  /** Why the session ended, as in `Session.endReason`: only returned to a client that holds a genuine token of it. */
  readonly endReason?: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
  /** For the log only; never sent. */
  readonly cause?: unknown;
}

const SENTENCES: Record<ErrorCode, string> = {
  BAD_REQUEST: "The request is not acceptable.",
  BAD_USER_INPUT: "The input is not valid.",
  UNAUTHENTICATED: "Sign in first.",
  INVALID_CREDENTIALS: "The identifier or the password is wrong.",
  INVALID_CODE: "The code is wrong.",
  INVALID_REFRESH_TOKEN: "The refresh token is not valid. Log in again.",
  FORBIDDEN: "This is not allowed.",
  REAUTHENTICATION_REQUIRED: "Confirm who you are, then try again.",
  NOT_FOUND: "Not found.",
  CONFLICT: "This conflicts with the current state.",
  INVALID_TOKEN: "The link is unknown, used or expired.",
  RATE_LIMITED: "Too many attempts. Try again later.",
  UPSTREAM_FAILED: "An external system failed or sent an invalid response.",
  SERVICE_UNAVAILABLE: "The service is temporarily unavailable. Try again shortly.",
  INTERNAL_SERVER_ERROR: "Something went wrong.",
};

/** An expected failure that the client may see. Everything else that is thrown becomes INTERNAL_SERVER_ERROR. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: AppErrorDetail;

  constructor(code: ErrorCode, detail: AppErrorDetail = {}) {
    super(detail.message ?? SENTENCES[code], detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "AppError";
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }

  get reason(): ErrorReason | undefined {
    return this.detail.reason;
  }

  /** Its code and reason. A pair that is not in REASON_CODES is a bug in the code that throws it. */
  get errorName(): ErrorName {
    return (this.reason === undefined ? this.code : `${this.code}/${this.reason}`) as ErrorName;
  }
}

/** The details of a failure that a client receives in addition to the message. */
export interface ErrorExtensions extends Omit<AppErrorDetail, "message" | "cause"> {
  readonly code: ErrorCode;
  readonly status: number;
}

/** The details that clients may see, over any transport: only those that are set, and never the cause. */
export const extensionsOf = ({ code, status, detail }: AppError): ErrorExtensions => {
  const { reason, fields, attemptsLeft, endReason, retryAfter } = detail;
  return {
    code,
    status,
    ...(reason && { reason }),
    ...(fields && { fields }),
    ...(attemptsLeft !== undefined && { attemptsLeft }),
    ...(endReason && { endReason }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
};

/** The error for invalid input, with one fault for each field. */
export const badInput = (...fields: readonly FieldError[]): AppError => new AppError("BAD_USER_INPUT", { fields });

/** Ends an exhaustive switch: an unhandled new case does not compile. */
export const assertNever = (value: never): never => {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
};
