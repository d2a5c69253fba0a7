import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { AppError, type ErrorCode, extensionsOf } from "#shared/errors";

/** Sends errors outside GraphQL in GraphQL's format, so that clients handle one kind of error. */
export const answerHttpErrors = (app: FastifyInstance): void => {
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => {
    if (error instanceof AppError && error.status < 500) return sendAppError(reply, error);
    const failure = toHttpFailure(error);
    if (failure.status >= 500) request.log.error({ err: error }, "a request failed");
    return sendFailure(reply, failure);
  });
  app.setNotFoundHandler((_, reply) => sendFailure(reply, { status: 404, code: "NOT_FOUND", message: "Not found." }));
};

/** For a request that fails before routing: an address that cannot be decoded. */
export const answerBadAddress = (_error: FastifyError, _request: unknown, reply: FastifyReply): void =>
  void sendFailure(reply, { status: 400, code: "BAD_REQUEST", message: "The address is not valid." });

/** The error to throw in a hook, so that the request is not processed further. */
export const refuseRequest = ({ status, code, message }: HttpFailure): FastifyError =>
  Object.assign(new Error(message), { name: "FastifyError", code, statusCode: status });

/** For a body that is compressed or otherwise encoded. */
export const unsupportedEncoding = (): FastifyError =>
  refuseRequest({ status: 415, code: "BAD_REQUEST", message: "Send the body uncompressed." });

/**
 * The failure of a request that did not reach GraphQL. Only messages of 4xx errors from the HTTP layer are sent; they quote no
 * values.
 */
const toHttpFailure = (error: FastifyError | AppError): HttpFailure => {
  if (error instanceof AppError) return { status: error.status, code: error.code, message: error.message };
  const { statusCode, code, message } = error;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: code === ("FORBIDDEN" satisfies ErrorCode) ? code : "BAD_REQUEST", message };
  const internal = new AppError("INTERNAL_SERVER_ERROR");
  return { status: 500, code: internal.code, message: internal.message };
};

/** A refused request outside GraphQL. */
export interface HttpFailure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Sends an error with its reason, and how long to wait (RFC 9110, section 10.2.3). */
const sendAppError = (reply: FastifyReply, error: AppError): FastifyReply => {
  const { retryAfter } = error.detail;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (error.code === "UNAUTHENTICATED") reply.header("www-authenticate", "Bearer");
  return reply.code(error.status).send({ errors: [{ message: error.message, extensions: extensionsOf(error) }] });
};

/** Sends a failure in GraphQL's format. */
export const sendFailure = (reply: FastifyReply, failure: HttpFailure): FastifyReply =>
  reply.code(failure.status).send(bodyOf(failure));

/** A failure in GraphQL's format. */
export const bodyOf = ({ status, code, message }: HttpFailure) => ({
  errors: [{ message, extensions: { code, status } }],
});
