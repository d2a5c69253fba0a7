import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { AppError, type ErrorCode, extensionsOf } from "#shared/errors";

/** Answers what goes wrong outside GraphQL in GraphQL's form, so that clients read one kind of error. */
export const answerHttpErrors = (app: FastifyInstance): void => {
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => {
    if (error instanceof AppError && error.status < 500) return sendAppError(reply, error);
    const failure = toHttpFailure(error);
    if (failure.status >= 500) request.log.error({ err: error }, "a request failed");
    return sendFailure(reply, failure);
  });
  app.setNotFoundHandler((_, reply) =>
    sendFailure(reply, { status: 404, code: "NOT_FOUND", message: "There is nothing here." }),
  );
};

/** For what is wrong before there is a route: an address that cannot be decoded. */
export const answerBadAddress = (_error: FastifyError, _request: unknown, reply: FastifyReply): void =>
  void sendFailure(reply, { status: 400, code: "BAD_REQUEST", message: "The address is not valid." });

/** The error to throw in a hook, so that the request goes no further. */
export const refuseRequest = ({ status, code, message }: HttpFailure): FastifyError =>
  Object.assign(new Error(message), { name: "FastifyError", code, statusCode: status });

/** For a body that is compressed or encoded in another way. */
export const unsupportedEncoding = (): FastifyError =>
  refuseRequest({ status: 415, code: "BAD_REQUEST", message: "Send the body as it is, not compressed." });

/** What went wrong before GraphQL was reached. Only 4xx of the HTTP layer may speak; it quotes no values. */
const toHttpFailure = (error: FastifyError | AppError): HttpFailure => {
  if (error instanceof AppError) return { status: error.status, code: error.code, message: error.message };
  const { statusCode, code, message } = error;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: code === ("FORBIDDEN" satisfies ErrorCode) ? code : "BAD_REQUEST", message };
  const internal = new AppError("INTERNAL_SERVER_ERROR");
  return { status: 500, code: internal.code, message: internal.message };
};

/** A refusal outside GraphQL. */
export interface HttpFailure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Sends a refusal with its reason, and how long to wait (RFC 9110, section 10.2.3). */
const sendAppError = (reply: FastifyReply, error: AppError): FastifyReply => {
  const { retryAfter } = error.detail;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (error.code === "UNAUTHENTICATED") reply.header("www-authenticate", "Bearer");
  return reply.code(error.status).send({ errors: [{ message: error.message, extensions: extensionsOf(error) }] });
};

/** Sends a refusal in GraphQL's form. */
export const sendFailure = (reply: FastifyReply, failure: HttpFailure): FastifyReply =>
  reply.code(failure.status).send(bodyOf(failure));

/** A refusal in GraphQL's form. */
export const bodyOf = ({ status, code, message }: HttpFailure) => ({
  errors: [{ message, extensions: { code, status } }],
});
