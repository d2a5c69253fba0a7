import type { CustomFetch } from "openid-client";
import type { Logger } from "#platform/logging";
import type { OutgoingClient } from "#platform/outgoing/index";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { providerFailure } from "./provider-fault.ts";

/** All calls of one step together, in milliseconds: whoever waits for us hears of it within five seconds. */
const STEP_TIME = 4.5 * SECOND;

/** Bytes of one answer. The keys of a large provider are some 20 KiB. */
const MAX_ANSWER = 256 * 1_024;

export interface ProviderStepDeps {
  readonly outgoing: Pick<OutgoingClient, "call">;
  readonly log: Pick<Logger, "info" | "warn">;
}

/**
 * Takes one step of a visit to a provider: `work` asks it by the fetch it is given. Throws what `providerFailure` makes of
 * any failure, and tells the log why.
 */
export const takeStep = async <T>(
  provider: string,
  { outgoing, log }: ProviderStepDeps,
  work: (fetch: CustomFetch) => Promise<T>,
): Promise<T> => {
  try {
    return await work(guardedFetch(outgoing, AbortSignal.timeout(STEP_TIME)));
  } catch (error) {
    const failure = providerFailure(error);
    const level = isUpstream(failure) ? "warn" : "info";
    log[level](
      { provider, err: failure.detail.cause },
      failure.reason === "PROVIDER_NOT_CONFIGURED"
        ? "an identity provider is set up wrongly"
        : "a step of a social login failed",
    );
    throw failure;
  }
};

/** Whether it was the provider that failed, or its settings here, and not the one who came back from it. */
export const isUpstream = (error: unknown): boolean =>
  error instanceof AppError && (error.code === "UPSTREAM_FAILED" || error.reason === "PROVIDER_NOT_CONFIGURED");

/**
 * The one way by which openid-client asks anything. The issuer is the operator's word, but what its discovery names is not: no
 * address inside, no redirect followed, nothing endless. Its own signal is not needed, for the deadline ends sooner.
 */
const guardedFetch =
  (outgoing: Pick<OutgoingClient, "call">, deadline: AbortSignal): CustomFetch =>
  async (url, { method, headers, body }) => {
    const answer = await outgoing.call({
      url: new URL(url),
      method: method === "POST" ? "POST" : "GET",
      headers,
      ...(body instanceof URLSearchParams && { body: body.toString() }),
      deadline,
      maxBytes: MAX_ANSWER,
    });
    // No other header is looked at; so none of a provider's is parsed.
    const contentType = answer.headers["content-type"] ?? "";
    return new Response(answer.body.toString(), { status: answer.status, headers: { "content-type": contentType } });
  };
