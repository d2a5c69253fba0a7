import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { AppError, type ErrorCode } from "../shared/errors.ts";

/** Answers what goes wrong outside GraphQL in GraphQL's form, so that clients read one kind of error. */
export const answerHttpErrors = (app: FastifyInstance): void => {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const failure = toHttpFailure(error);
    if (failure.status >= 500) request.log.error({ err: error }, "a request failed");
    return send(reply, failure);
  });
  app.setNotFoundHandler((_, reply) =>
    send(reply, { status: 404, code: "NOT_FOUND", message: "There is nothing here." }),
  );
};

/** For what is wrong before there is a route: an address that cannot be decoded. */
export const answerBadAddress = (_error: FastifyError, _request: unknown, reply: FastifyReply): void =>
  void send(reply, { status: 400, code: "BAD_REQUEST", message: "The address is not valid." });

/** A body that is compressed, or whatever else its encoding is. */
export const unsupportedEncoding = (): FastifyError =>
  Object.assign(new Error("Send the body as it is, not compressed."), {
    name: "FastifyError",
    code: "UNSUPPORTED_ENCODING",
    statusCode: 415,
  });

/** What went wrong before GraphQL was reached. Only 4xx of the HTTP layer may speak; it quotes no values. */
const toHttpFailure = ({ statusCode, message }: FastifyError): HttpFailure => {
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: "BAD_REQUEST", message };
  const internal = new AppError("INTERNAL_SERVER_ERROR");
  return { status: 500, code: internal.code, message: internal.message };
};

interface HttpFailure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const send = (reply: FastifyReply, { status, code, message }: HttpFailure): FastifyReply =>
  reply.code(status).send({ errors: [{ message, extensions: { code, status } }] });
