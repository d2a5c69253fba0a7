import type { NatsConnection } from "@nats-io/transport-node";
import { vi } from "vitest";
import { REQUESTS, type RequestSubject } from "#features/messaging/requests/request-definitions";
import type { TestApp } from "../servers/app.ts";
import { WAIT, WAIT_TIMEOUT_MS } from "../timeouts.ts";
import type { GraphQLErrorAnswer, UntypedData } from "./graphql.ts";

/** A request of another service. The test's values are sent unchanged. */
export interface ServiceRequest {
  readonly client: { readonly ipAddress: string; readonly userAgent?: string };
  readonly accessToken?: string | null;
  readonly input?: unknown;
}

/** The response: one of the two. */
export interface Reply {
  readonly data?: UntypedData;
  readonly error?: UntypedData;
}

/** A transport, with the same requests and responses as the other one. */
export interface Transport {
  readonly name: string;
  ask(subject: RequestSubject, request: ServiceRequest): Promise<Reply>;
}

/** As a service sends requests over NATS. */
export const overNats = (connection: NatsConnection): Transport => ({
  name: "NATS",
  ask: (subject, request) => askNats(connection, subject, JSON.stringify(request)),
});

/** Sends this message unchanged. */
export const askNats = async (
  connection: NatsConnection,
  subject: string,
  message: string | Uint8Array,
): Promise<Reply> => {
  const answer = await connection.request(subject, message, { timeout: WAIT_TIMEOUT_MS });
  return answer.json<Reply>();
};

/** Waits until a service responds there, because the program connects in the background. */
export const untilAnswered = (connection: NatsConnection): Promise<unknown> =>
  vi.waitFor(() => connection.request("auth.validate", "{}", { timeout: 10_000 }), WAIT);

/** As a client sends requests over HTTP: the same operation, with the client's data in headers. */
export const overHttp = (app: Pick<TestApp, "client">): Transport => ({
  name: "HTTP",
  async ask(subject, { client, accessToken, input }) {
    const { operation } = REQUESTS[subject];
    const inputIsWhole = operation.includes("$input");
    const http = app.client({ "x-forwarded-for": client.ipAddress, "user-agent": client.userAgent ?? "" });
    http.accessToken = accessToken ?? null;
    const { data, errors } = await http.send(
      operation,
      inputIsWhole ? { input } : ((input ?? {}) as object as UntypedData),
    );
    const [field] = Object.values<UntypedData>(data ?? {});
    return errors.length > 0 ? { error: joined(errors, inputIsWhole ? "" : "input.") } : { data: field };
  },
});

/** Over HTTP each field that the schema refuses is a separate error; over NATS they are one. */
const joined = (errors: readonly GraphQLErrorAnswer[], prefix: string): UntypedData => {
  const [first] = errors;
  const fields = errors.flatMap(({ extensions }) => extensions.fields ?? []);
  const named = fields.map((fault) => ({ ...fault, path: prefix + fault.path }));
  return { message: first?.message, ...first?.extensions, ...(fields.length > 0 && { fields: named }) };
};

/** The response without values that differ each time: ids, tokens, times and addresses are replaced by placeholders. */
export const masked = (told: Reply): Reply =>
  JSON.parse(JSON.stringify(told), (key, value: unknown) => {
    if (key === "retryAfter" && typeof value === "number" && value > 0) return "seconds";
    return typeof value === "string" ? mark(value) : value;
  });

const MARKS: readonly (readonly [RegExp, string])[] = [
  [/^[\w-]+\.[\w-]+\.[\w-]+$/, "JWT"],
  [/^pcr_/, "refresh token"],
  [/^[\w-]{8}-[\w-]{4}-[\w-]{4}-[\w-]{4}-[\w-]{12}$/, "id"],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "time"],
  [/^[1-9]\d$/, "number"],
  [/@/, "address"],
  [/^2001:db8:/, "address"],
  [/^[\w.-]{40,}$/, "secret"],
];

const mark = (text: string): string => MARKS.find(([pattern]) => pattern.test(text))?.[1] ?? text;
