import { isMainThread, parentPort } from "node:worker_threads";
import type { MetricValues } from "#platform/metrics";
import { withResolvers } from "#shared/with-resolvers";
import type { HostMessage, MemberMessage } from "./messages.ts";
import type { Connected, Siblings } from "./siblings.ts";

/** A member's connection to its host. */
export class HostLink implements Siblings {
  readonly #waiting = new Map<number, (values: readonly MetricValues[]) => void>();
  #self: Connected | null = null;
  #lastId = 0;
  /** The database to use. */
  readonly databaseUrl: Promise<string>;
  /** Resolves when the host asks this member to end. */
  readonly stopRequest: Promise<{ readonly isReplaced: boolean }>;

  constructor() {
    const open = withResolvers<string>();
    const stop = withResolvers<{ readonly isReplaced: boolean }>();
    this.databaseUrl = open.promise;
    this.stopRequest = stop.promise;
    listen((message) => {
      switch (message.kind) {
        case "open":
          open.resolve(message.databaseUrl);
          return;
        case "stop":
          stop.resolve(message);
          return;
        case "pubsub":
          this.#self?.onPubSub(message.channel, message.text);
          return;
        case "read-metrics":
          void this.#self?.readMetrics().then((values) => post({ kind: "metrics", id: message.id, values }));
          return;
        case "metrics-of-others":
          this.#waiting.get(message.id)?.(message.values);
          return;
      }
    });
    post({ kind: "loaded" });
  }

  connect(self: Connected): void {
    this.#self = self;
  }

  /** From now on, this member serves requests or runs jobs. */
  reportStart(): void {
    post({ kind: "started" });
  }

  relay(channel: string, text: string): void {
    post({ kind: "pubsub", channel, text });
  }

  async metrics(): Promise<readonly MetricValues[]> {
    const id = ++this.#lastId;
    return new Promise<readonly MetricValues[]>((resolve) => {
      this.#waiting.set(id, resolve);
      post({ kind: "ask-others-for-metrics", id });
    }).finally(() => this.#waiting.delete(id));
  }
}

const listen = (listener: (message: HostMessage) => void): void => {
  if (isMainThread) process.on("message", listener);
  else parentPort?.on("message", listener);
};

const post = (message: MemberMessage): void => {
  if (!isMainThread) parentPort?.postMessage(message);
  // If the host was killed, the message has no reader.
  else if (process.connected) process.send?.(message, undefined, undefined, () => {});
};
