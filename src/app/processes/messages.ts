import type { MetricValues } from "#platform/metrics";

/** A message of the pub/sub between threads and processes. */
export interface PubSubMessage {
  readonly kind: "pubsub";
  readonly channel: string;
  readonly text: string;
}

/** What the host sends to a member. */
export type HostMessage =
  | { readonly kind: "open"; readonly databaseUrl: string }
  /** `isReplaced`: another member has taken over, so the service as a whole stays ready. */
  | { readonly kind: "stop"; readonly isReplaced: boolean }
  | { readonly kind: "read-metrics"; readonly id: number }
  | { readonly kind: "metrics-of-others"; readonly id: number; readonly values: readonly MetricValues[] }
  | PubSubMessage;

/** What a member sends to its host. */
export type MemberMessage =
  /** It can receive messages, and waits for `open`. */
  | { readonly kind: "loaded" }
  /** It serves requests, or runs jobs. */
  | { readonly kind: "started" }
  | { readonly kind: "metrics"; readonly id: number; readonly values: MetricValues }
  | { readonly kind: "ask-others-for-metrics"; readonly id: number }
  | PubSubMessage;
