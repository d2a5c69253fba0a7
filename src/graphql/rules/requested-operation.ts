import { GraphQLError, Kind, OperationTypeNode, parse } from "graphql";
import type { HttpFailure } from "../http-errors.ts";
import { MAX_TOKENS } from "./operation-bounds.ts";

const SUBSCRIPTION_BY_POST: HttpFailure = {
  status: 400,
  code: "BAD_REQUEST",
  message: "Subscriptions use a WebSocket, at the same address.",
};

/** The body of a request as sent by the client. Apollo Server validates it afterwards. */
type Body = Record<string, unknown>;

/**
 * Inspects a request before Apollo Server does: an empty `operationName` counts as absent, and a document with a subscription is
 * refused before it is validated, because graphql-js throws for some of them (see subscription-roots.ts).
 */
export const refusalOfBody = (body: unknown): HttpFailure | null => {
  if (!isBody(body)) return null;
  if (body.operationName === "") delete body.operationName;
  return typeof body.query === "string" && hasSubscription(body.query) ? SUBSCRIPTION_BY_POST : null;
};

const isBody = (body: unknown): body is Body => typeof body === "object" && body !== null && !Array.isArray(body);

const hasSubscription = (text: string): boolean => {
  if (!text.includes("subscription")) return false;
  try {
    const { definitions } = parse(text, { maxTokens: MAX_TOKENS, noLocation: true });
    return definitions.some(
      (node) => node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.SUBSCRIPTION,
    );
  } catch (error) {
    // Apollo Server reports the syntax error.
    if (error instanceof GraphQLError) return false;
    throw error;
  }
};
