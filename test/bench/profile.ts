import { once } from "node:events";
import { WebSocket } from "ws";
import type { MeasuredServer } from "./benchmark-env.ts";
import { measure, type Operation } from "./load.ts";

/** What of a V8 CPU profile is read here (Chrome DevTools Protocol, domain Profiler). */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly children?: readonly number[];
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

const CALLERS = 16;
const WARM_UP_SECONDS = 4;
const SECONDS = 4;
const SHOWN_FUNCTIONS = 60;
/** Callers of each shown function. */
const SHOWN_CALLERS = 3;

/**
 * Where the main thread spends its time in one operation, in microseconds for each response: by package and by function.
 *
 * @param inspector the port of the server's inspector (`--inspect`)
 */
export const profile = async (operation: Operation, server: MeasuredServer, inspector: number): Promise<string> => {
  const debuggerOfServer = await Debugger.connect(inspector);
  try {
    await measure(operation, { port: server.port, callers: CALLERS, warmUp: 0, seconds: WARM_UP_SECONDS });
    await debuggerOfServer.send("Profiler.enable");
    await debuggerOfServer.send("Profiler.setSamplingInterval", { interval: 200 });
    await debuggerOfServer.send("Profiler.start");
    const { latencies } = await measure(operation, {
      port: server.port,
      callers: CALLERS,
      warmUp: 0,
      seconds: SECONDS,
    });
    const { profile: taken } = await debuggerOfServer.send<{ profile: CpuProfile }>("Profiler.stop");
    return describe(operation.name, taken, latencies.length);
  } finally {
    debuggerOfServer.close();
  }
};

const describe = (name: string, { nodes, samples, timeDeltas }: CpuProfile, responses: number): string => {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  const callers = new Map<string, Map<string, number>>();
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const add = (times: Map<string, number>, key: string, time: number) => times.set(key, (times.get(key) ?? 0) + time);
  samples.forEach((sample, index) => {
    const frame = frames.get(sample);
    const time = timeDeltas[index] ?? 0;
    if (!frame || frame.functionName === "(idle)") return;
    const owner = packageOf(frame.url, frame.functionName);
    add(byPackage, owner, time);
    const name = nameOf(frame);
    add(byFunction, name, time);
    const caller = frames.get(parents.get(sample) ?? 0);
    if (!callers.has(name)) callers.set(name, new Map());
    if (caller) add(callers.get(name) ?? new Map(), nameOf(caller), time);
  });
  const lines = (times: Map<string, number>, most: number) =>
    [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([key, time]) => `${(time / responses).toFixed(1).padStart(8)}  ${key}`);
  const functions = lines(byFunction, SHOWN_FUNCTIONS).flatMap((line) => [
    line,
    ...lines(callers.get(line.slice(10)) ?? new Map(), SHOWN_CALLERS).map((caller) => `            from ${caller}`),
  ]);
  const total = [...byPackage.values()].reduce((sum, time) => sum + time, 0) / responses;
  return [
    `${name}: ${total.toFixed(0)} µs of the main thread for each of ${responses} responses`,
    ...lines(byPackage, byPackage.size),
    "",
    ...functions,
  ].join("\n");
};

const nameOf = (frame: ProfileNode["callFrame"]): string =>
  `${frame.functionName || "(anonymous)"} ${packageOf(frame.url, frame.functionName)} ${placeOf(frame)}`;

const placeOf = ({ url, lineNumber }: ProfileNode["callFrame"]): string =>
  url === "" ? "" : `${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;

const packageOf = (url: string, functionName: string): string => {
  const [, dependency] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency) return dependency;
  if (url.startsWith("node:")) return url.split("/").slice(0, 2).join("/");
  return url.includes("/dist/") ? "portcullis" : functionName;
};

/** A connection to the inspector of a Node process. */
class Debugger {
  #calls = 0;
  private constructor(private readonly socket: WebSocket) {}

  static async connect(port: number): Promise<Debugger> {
    const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? "");
    await once(socket, "open");
    return new Debugger(socket);
  }

  send<Result>(method: string, params: object = {}): Promise<Result> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = new Promise<Result>((resolve, reject) => {
      const read = (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { id?: number; result?: Result; error?: { message: string } };
        if (message.id !== id) return;
        this.socket.off("message", read);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result as Result);
      };
      this.socket.on("message", read);
    });
    this.socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  close(): void {
    this.socket.close();
  }
}
