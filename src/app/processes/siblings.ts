import type { MetricValues } from "#platform/metrics";

/** What the others need of this thread or process. */
export interface Connected {
  readonly onPubSub: (channel: string, text: string) => void;
  readonly readMetrics: () => Promise<MetricValues>;
}

/** The other threads and processes of this replica. */
export interface Siblings {
  connect(self: Connected): void;
  /** Sends a message of the pub/sub to all of them. */
  relay(channel: string, text: string): void;
  /** The metrics of each of them. One that does not respond is left out. */
  metrics(): Promise<readonly MetricValues[]>;
}

/** A program that does everything in one thread: commands, and tests. */
export const NO_SIBLINGS: Siblings = {
  connect: () => {},
  relay: () => {},
  metrics: async () => [],
};
