import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An operation that is sent repeatedly. */
export interface Operation {
  readonly name: string;
  /** The names of its requests, if it has several. */
  readonly steps?: readonly string[];
  /** The number of first steps that only prepare the measured one. */
  readonly leadUp?: number;
  /** The next request of this caller. */
  next(caller: number): Request;
  /** Processes the response. @returns the request of the next step, if there is one */
  answered?(caller: number, body: string): Request | undefined;
}

export interface Request {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Measurement {
  /** Responses per second. */
  readonly rate: number;
  /** In milliseconds, sorted. */
  readonly latencies: readonly number[];
}

/**
 * One keep-alive connection to a GraphQL server, with one request at a time. HTTP/1.1 is implemented here, because a client library
 * uses as much CPU as some of the measured servers; it understands only the responses of those servers.
 */
export class Connection {
  readonly #socket: Socket;
  #received = "";
  #waiting: { resolve(body: string): void; reject(error: Error): void } | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#take(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("The server closed the connection.")));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** @returns the body @throws {Error} if the status is not 200 */
  send({ body, headers = {} }: Request): Promise<string> {
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(
      `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: ${USER_AGENT}\r\ncontent-type: application/json\r\n` +
        `${more.join("")}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.slice(end + 4);
    this.#received = "";
    if (head.startsWith("HTTP/1.1 200")) this.#waiting?.resolve(body);
    else this.#waiting?.reject(new Error(`The server answered: ${head}\n${body}`));
  }
}

const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

export interface LoadOptions {
  readonly port: number;
  readonly callers: number;
  /** Seconds before the measurement. */
  readonly warmUp: number;
  readonly seconds: number;
  /** Called when the measurement starts. */
  readonly onBegin?: () => void;
}

/** Lets this many callers send requests without pause. A response with errors ends the run, because refusals are faster. */
export const measure = async (operation: Operation, { port, ...options }: LoadOptions): Promise<Measurement> => {
  const connections = await Promise.all(Array.from({ length: options.callers }, () => Connection.open(port)));
  try {
    return await repeat(connections, (connection, caller) => call(operation, connection, caller), options);
  } finally {
    for (const connection of connections) connection.close();
  }
};

/** Lets each connection's callers do this without pause. @returns how many milliseconds each call took */
export const repeat = async <Connected>(
  connections: readonly Connected[],
  act: (connection: Connected, caller: number) => Promise<number>,
  { warmUp, seconds, onBegin }: Omit<LoadOptions, "port" | "callers">,
): Promise<Measurement> => {
  const actUntil = async (end: number): Promise<number[]> => {
    const times = await Promise.all(
      connections.map(async (connection, caller) => {
        const latencies: number[] = [];
        while (performance.now() < end) latencies.push(await act(connection, caller));
        return latencies;
      }),
    );
    return times.flat();
  };
  await actUntil(performance.now() + warmUp * 1_000);
  onBegin?.();
  const began = performance.now();
  const latencies = await actUntil(began + seconds * 1_000);
  const elapsed = (performance.now() - began) / 1_000;
  return { rate: latencies.length / elapsed, latencies: latencies.sort((a, b) => a - b) };
};

/** Lets this many callers do the same without pause. */
export const measureCalls = (
  work: () => Promise<unknown>,
  { callers, ...schedule }: Omit<LoadOptions, "port">,
): Promise<Measurement> => {
  const timed = async () => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  return repeat(Array<null>(callers).fill(null), timed, schedule);
};

/** @returns how many milliseconds all steps took, without the preparing ones */
export const call = async (
  operation: Operation,
  connection: Connection,
  caller: number,
  onStep?: () => void,
): Promise<number> => {
  let took = 0;
  let request: Request | undefined = operation.next(caller);
  for (let step = 0; request; step++) {
    const asked = performance.now();
    const body = await connection.send(request);
    if (step >= (operation.leadUp ?? 0)) took += performance.now() - asked;
    if (body.startsWith('{"errors"') || body.includes(',"errors":')) throw new Error(`${operation.name}: ${body}`);
    onStep?.();
    request = operation.answered?.(caller, body);
  }
  return took;
};

/** The value below which this share of the sorted values lies (nearest rank). */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

export const median = (values: readonly number[]): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
