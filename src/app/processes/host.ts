import type { MetricValues } from "#platform/metrics";
import { SECOND } from "#shared/durations";
import type { Member } from "./member.ts";
import type { MemberMessage, PubSubMessage } from "./messages.ts";
import type { Connected, Siblings } from "./siblings.ts";

/** A member that does not respond within this time is left out of the metrics. */
const METRICS_TIMEOUT_MS = 2 * SECOND;

/** Connects the members of this process, and what itself does: each message passes through the host. */
export class ProcessHost implements Siblings {
  readonly #members = new Set<Member>();
  readonly #waiting = new Map<number, (values: MetricValues) => void>();
  #self: Connected | null = null;
  #lastId = 0;

  connect(self: Connected): void {
    this.#self = self;
  }

  /** Connects a member until it ends. */
  add<Kind extends Member>(member: Kind): Kind {
    this.#members.add(member);
    member.onMessage((message) => this.#receive(message, member));
    void member.ended.then(() => this.#members.delete(member));
    return member;
  }

  relay(channel: string, text: string): void {
    for (const member of this.#members) member.post({ kind: "pubsub", channel, text });
  }

  async metrics(): Promise<readonly MetricValues[]> {
    return this.#metricsOf([...this.#members]);
  }

  #receive(message: MemberMessage, from: Member): void {
    switch (message.kind) {
      case "pubsub":
        this.#relay(message, from);
        return;
      case "metrics":
        this.#waiting.get(message.id)?.(message.values);
        return;
      case "ask-others-for-metrics":
        void this.#answer(from, message.id);
        return;
      case "loaded":
      case "started":
        return;
    }
  }

  #relay(message: PubSubMessage, from: Member): void {
    for (const member of this.#members) if (member !== from) member.post(message);
    this.#self?.onPubSub(message.channel, message.text);
  }

  async #answer(asking: Member, id: number): Promise<void> {
    const [own, others] = await Promise.all([
      this.#self?.readMetrics(),
      this.#metricsOf([...this.#members].filter((member) => member !== asking)),
    ]);
    asking.post({ kind: "metrics-of-others", id, values: own === undefined ? others : [own, ...others] });
  }

  async #metricsOf(members: readonly Member[]): Promise<readonly MetricValues[]> {
    return (await Promise.all(members.map((member) => this.#read(member)))).flat();
  }

  /** The metrics of one member, in a list; empty if it does not respond. */
  #read(member: Member): Promise<MetricValues[]> {
    const id = ++this.#lastId;
    return new Promise<MetricValues[]>((resolve) => {
      const timer = setTimeout(() => resolve([]), METRICS_TIMEOUT_MS);
      this.#waiting.set(id, (values) => {
        clearTimeout(timer);
        resolve([values]);
      });
      member.post({ kind: "read-metrics", id });
    }).finally(() => this.#waiting.delete(id));
  }
}
