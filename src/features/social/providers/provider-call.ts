import type { CustomFetch } from "openid-client";
import type { SafeHttpClient } from "#platform/http-client/index";
import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { providerFailure } from "./provider-error.ts";

/** Timeout of all calls of one step together, so that the client gets a response within five seconds. */
const CALL_TIMEOUT_MS = 4.5 * SECOND;

/** Maximum size of one response, in bytes. The keys of a large provider are about 20 KiB. */
const MAX_ANSWER = 256 * 1_024;

export interface ProviderCallDeps {
  readonly httpClient: Pick<SafeHttpClient, "request">;
  readonly log: Pick<Logger, "info" | "warn">;
}

/**
 * Runs one step of an authorization request: `work` calls the provider with the given fetch. Logs the reason of a failure.
 * @throws {AppError} as mapped by `providerFailure`
 */
export const callProvider = async <T>(
  provider: string,
  { httpClient, log }: ProviderCallDeps,
  work: (fetch: CustomFetch) => Promise<T>,
): Promise<T> => {
  try {
    return await work(guardedFetch(httpClient, AbortSignal.timeout(CALL_TIMEOUT_MS)));
  } catch (error) {
    const failure = providerFailure(error);
    const level = isUpstream(failure) ? "warn" : "info";
    log[level](
      { provider, err: failure.detail.cause },
      failure.reason === "PROVIDER_NOT_CONFIGURED"
        ? "an identity provider is misconfigured"
        : "a step of a social login failed",
    );
    throw failure;
  }
};

/** Whether the provider or its settings caused the failure, and not the returning person. */
export const isUpstream = (error: unknown): boolean =>
  error instanceof AppError && (error.code === "UPSTREAM_FAILED" || error.reason === "PROVIDER_NOT_CONFIGURED");

/**
 * The only way for openid-client to send requests. The issuer is set by the operator, but the endpoints in its discovery are not
 * trusted: no internal addresses, no redirects, no unlimited responses. Its own signal is ignored, because the deadline ends sooner.
 */
const guardedFetch =
  (httpClient: Pick<SafeHttpClient, "request">, deadline: AbortSignal): CustomFetch =>
  async (url, { method, headers, body }) => {
    const answer = await httpClient.request({
      url: new URL(url),
      method: method === "POST" ? "POST" : "GET",
      headers,
      ...(body instanceof URLSearchParams && { body: body.toString() }),
      deadline,
      maxBytes: MAX_ANSWER,
    });
    // No other header is used, so none of the provider's is parsed.
    const contentType = answer.headers["content-type"] ?? "";
    return new Response(answer.body.toString(), { status: answer.status, headers: { "content-type": contentType } });
  };
