import { z } from "zod";
import { normalizeIpAddress } from "#platform/ip-address";
import { MAX_REQUEST_BYTES } from "#platform/request-size";
import type { Caller } from "#platform/schema/operations";
import { AppError, badInput, type FieldError } from "#shared/errors";
import { validateLine } from "#shared/text";

/** Node's limit for all headers of a request. */
const MAX_USER_AGENT = 16_384;

/** The client if none is given: an address that no client has. */
const NOWHERE = { ipAddress: "0.0.0.0", userAgent: "" };

const EnvelopeClient = z.strictObject({
  ipAddress: z.string().transform((text, context) => {
    const address = normalizeIpAddress(text);
    if (address === null) context.addIssue("Use one IPv4 or IPv6 address.");
    return address ?? z.NEVER;
  }),
  userAgent: z
    .string()
    .superRefine((text, context) => {
      for (const { message } of validateLine(text, MAX_USER_AGENT, "")) context.addIssue(message);
    })
    .default(""),
});

/** The caller is identified by the access token only. No field here names a user. */
const Envelope = z.strictObject({
  client: EnvelopeClient,
  accessToken: z.string().nullish(),
  input: z.unknown().optional(),
});

const EnvelopeWithoutClient = Envelope.extend({ client: EnvelopeClient.default(NOWHERE) });

/** A request in the form that the operation expects. */
export interface ParsedRequest {
  readonly caller: Omit<Caller, "requestId">;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** How to read the request. */
export interface EnvelopeOptions {
  readonly clientOptional: boolean;
}

/**
 * Parses a message. The contents of `input` are validated by the schema, as for every client.
 * @throws {AppError} BAD_REQUEST if the message is not JSON or is too large, BAD_USER_INPUT with the faulty fields
 */
export const readEnvelope = (message: Uint8Array, { clientOptional }: EnvelopeOptions): ParsedRequest => {
  const parsed = (clientOptional ? EnvelopeWithoutClient : Envelope).safeParse(parseJson(message));
  if (!parsed.success) throw badInput(...parsed.error.issues.flatMap(toFaults));
  const { client, accessToken = null, input } = parsed.data;
  return {
    caller: { ...client, accessToken },
    variables: input === undefined ? {} : { input: withTokensInAnswer(input) },
  };
};

const utf8 = new TextDecoder("utf-8", { fatal: true });

const parseJson = (message: Uint8Array): unknown => {
  if (message.length > MAX_REQUEST_BYTES) throw new AppError("BAD_REQUEST", { message: "The request is too large." });
  try {
    return JSON.parse(utf8.decode(message));
  } catch {
    throw new AppError("BAD_REQUEST", { message: "The request is not JSON." });
  }
};

const toFaults = (issue: z.core.$ZodIssue): FieldError[] => {
  const path = issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: "Unknown field." }));
};

/** Refuses COOKIE, because cookies only reach browsers. The tokens of the session would be lost. */
const withTokensInAnswer = (input: unknown): unknown => {
  if (isObject(input) && input.transport === "COOKIE")
    throw badInput({
      path: "input.transport",
      message: "Cookies are not supported over NATS. Use BODY, or omit the field.",
    });
  return input;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
