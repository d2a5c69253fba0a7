import { EventEmitter } from "node:events";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MetricValues } from "#platform/metrics";
import { ProcessHost } from "./host.ts";
import { Keeper, MemberError } from "./keeper.ts";
import type { Member } from "./member.ts";
import type { HostMessage, MemberMessage } from "./messages.ts";

/** A member whose messages and end a test decides. */
class ScriptedMember implements Member {
  readonly received: HostMessage[] = [];
  readonly #events = new EventEmitter();
  readonly ended = new Promise<string>((resolve) => this.#events.once("end", resolve));

  post(message: HostMessage): void {
    this.received.push(message);
  }

  onMessage(listener: (message: MemberMessage) => void): void {
    this.#events.on("message", listener);
  }

  send(message: MemberMessage): void {
    this.#events.emit("message", message);
  }

  async end(reason = "exit code 1"): Promise<void> {
    this.#events.emit("end", reason);
    await this.ended;
  }

  kill(): void {
    void this.end("SIGKILL");
  }
}

const valuesOf = (help: string): MetricValues =>
  [{ name: "n", help, type: "gauge", aggregator: "sum", values: [] }] as never;

describe("a host", () => {
  let host: ProcessHost;
  let one: ScriptedMember;
  let other: ScriptedMember;
  const onPubSub = vi.fn();
  beforeEach(() => {
    onPubSub.mockClear();
    host = new ProcessHost();
    host.connect({ onPubSub, readMetrics: async () => valuesOf("host") });
    [one, other] = [host.add(new ScriptedMember()), host.add(new ScriptedMember())];
  });

  it("relays a message of the pub/sub to everyone but its sender", () => {
    one.send({ kind: "pubsub", channel: "user:1", text: "changed" });
    expect(other.received).toEqual([{ kind: "pubsub", channel: "user:1", text: "changed" }]);
    expect(one.received).toEqual([]);
    expect(onPubSub.mock.calls).toEqual([["user:1", "changed"]]);
  });

  it("sends its own messages to every member", () => {
    host.relay("user:1", "changed");
    for (const { received } of [one, other]) expect(received).toHaveLength(1);
  });

  it("returns the metrics of all others to a member that asks for them", async () => {
    one.send({ kind: "ask-others-for-metrics", id: 7 });
    await expect.poll(() => other.received).toHaveLength(1);
    const [asked] = other.received;
    other.send({ kind: "metrics", id: (asked as { id: number }).id, values: valuesOf("other") });
    await expect
      .poll(() => one.received)
      .toEqual([{ kind: "metrics-of-others", id: 7, values: [valuesOf("host"), valuesOf("other")] }]);
  });

  it("leaves out a member that does not respond, and one that has ended", async () => {
    vi.useFakeTimers();
    await one.end();
    const metrics = host.metrics();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await metrics).toEqual([]);
    expect(one.received).toEqual([]);
    vi.useRealTimers();
  });
});

describe("a keeper", () => {
  let members: ScriptedMember[];
  let keeper: Keeper;
  beforeEach(() => {
    vi.useFakeTimers();
    members = [];
    const spawn = (): Member => {
      members.push(new ScriptedMember());
      return members.at(-1) as Member;
    };
    keeper = new Keeper({ name: "a part", spawn, databaseUrl: "postgres://db", log: pino({ level: "silent" }) });
  });
  afterEach(() => vi.useRealTimers());

  const startFirst = async (): Promise<ScriptedMember> => {
    const started = keeper.start();
    const [first] = members as [ScriptedMember];
    first.send({ kind: "loaded" });
    expect(first.received).toEqual([{ kind: "open", databaseUrl: "postgres://db" }]);
    first.send({ kind: "started" });
    await started;
    return first;
  };

  it("fails if its member ends before it has started, and does not try again", async () => {
    const started = keeper.start();
    await members[0]?.end();
    await expect(started).rejects.toThrow(MemberError);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(members).toHaveLength(1);
  });

  it("starts a member again after growing pauses", async () => {
    await (await startFirst()).end("SIGSEGV");
    for (const pause of [250, 500, 1_000]) {
      const before = members.length;
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(members).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(members).toHaveLength(before + 1);
      await members.at(-1)?.end();
    }
  });

  it("stops the previous member only when its successor has started", async () => {
    const first = await startFirst();
    const replaced = keeper.replace();
    members[1]?.send({ kind: "loaded" });
    expect(first.received.at(-1)).toMatchObject({ kind: "open" });
    members[1]?.send({ kind: "started" });
    await expect.poll(() => first.received.at(-1)).toEqual({ kind: "stop", isReplaced: true });
    await first.end("exit code 0");
    await replaced;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(members).toHaveLength(2);
  });

  it("continues with the previous member if the successor does not start", async () => {
    const first = await startFirst();
    const replaced = keeper.replace();
    await members[1]?.end();
    await expect(replaced).rejects.toThrow(MemberError);
    expect(first.received.at(-1)).toMatchObject({ kind: "open" });
    await first.end();
    await vi.advanceTimersByTimeAsync(250);
    expect(members).toHaveLength(3);
  });

  it("stops its member, and starts none after that", async () => {
    const first = await startFirst();
    const stopped = keeper.stop();
    expect(first.received.at(-1)).toEqual({ kind: "stop", isReplaced: false });
    await first.end("exit code 0");
    await stopped;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(members).toHaveLength(1);
  });
});
