import { networkOf } from "#platform/ip-address";
import type { Logger } from "#platform/logging";
import type { RequestContext } from "#platform/schema/context";
import type { ErrorCode, ErrorReason } from "#shared/errors";
import { toAppError } from "./errors.ts";

/** The kind of a refused call. */
export type RefusalKind = "authorization refused" | "step-up failed";

/** Refusals of logins, which the login attempts already record. */
const OF_LOGINS: ReadonlySet<ErrorReason> = new Set([
  "EMAIL_NOT_VERIFIED",
  "APPROVAL_PENDING",
  "ACCOUNT_SUSPENDED",
  "TENANT_SUSPENDED",
  "PASSWORD_RESET_REQUIRED",
  "LOGIN_DENIED",
]);

const STEP_UP = "Mutation.reauthenticate";
const WRONG_PROOFS: ReadonlySet<ErrorCode> = new Set([
  "INVALID_CREDENTIALS",
  "INVALID_CODE",
  "FORBIDDEN",
  "RATE_LIMITED",
]);

/** How the log classifies the refusal of a root field (OWASP ASVS 5.0, V16.3.2); null if it is not security-relevant. */
export const refusalKindOf = (field: string, code: ErrorCode, reason: ErrorReason | undefined): RefusalKind | null => {
  if (reason === "INCORRECT_PASSWORD" || (field === STEP_UP && WRONG_PROOFS.has(code))) return "step-up failed";
  if (code === "REAUTHENTICATION_REQUIRED") return "authorization refused";
  return code === "FORBIDDEN" && !(reason && OF_LOGINS.has(reason)) ? "authorization refused" : null;
};

/** Logs a refused authorization or a failed step-up: the user, field and reason, but nothing that the client sent. */
export const logRefusal = (
  log: Pick<Logger, "warn">,
  { field, error, context }: { readonly field: string; readonly error: unknown; readonly context: RequestContext },
): void => {
  const refused = toAppError(error);
  const refusal = refused && refusalKindOf(field, refused.code, refused.reason);
  if (!refusal) return;
  const { client, requestId, viewer } = context;
  log.warn(
    {
      reqId: requestId,
      field,
      refusedWith: refused.code,
      reason: refused.reason,
      userId: viewer?.userId,
      tenantId: viewer?.tenantId,
      sessionId: viewer?.sessionId,
      network: networkOf(client.ipAddress),
    },
    refusal === "step-up failed" ? "a step-up failed" : "an authorization was refused",
  );
};
