import { createServer, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A gateway in front of a server: it counts requests, can hold responses back, and keeps its address if the server changes. */
export class Gateway {
  /** Names of the received operations, in order. */
  readonly operations: string[] = [];
  /** Where requests are forwarded; null: nowhere, and the connection is cut. */
  target: string | null = null;
  /** Whether it responds that the server is unavailable, without forwarding. */
  unavailable = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #holds = new Map<string, Promise<void>>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port = 0): Promise<Gateway> {
    const server = createServer();
    const gateway = new Gateway(server);
    server.on("request", async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const name = incoming.method === "POST" ? operationNameOf(body) : "";
      if (name) gateway.operations.push(name);
      await gateway.#holds.get(name);
      const { target } = gateway;
      if (target === null) return response.destroy();
      if (gateway.unavailable && name) return answerUnavailable(response, incoming.headers.origin);
      const { method, url, headers } = incoming;
      const onward = request(new URL(url ?? "/", target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(body);
    });
    server.on("upgrade", (incoming, socket: Socket, head) => {
      if (gateway.target === null) return socket.destroy();
      const { port, hostname } = new URL(gateway.target);
      const onward = connect(Number(port), hostname, () => {
        const lines = Array.from({ length: incoming.rawHeaders.length / 2 }, (_, n) =>
          incoming.rawHeaders.slice(2 * n, 2 * n + 2).join(": "),
        );
        onward.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      gateway.#sockets.add(onward);
      for (const [one, other] of [[socket, onward] as const, [onward, socket] as const])
        one.on("error", () => other.destroy()).on("close", () => other.destroy());
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return gateway;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  countOf(operation: string): number {
    return this.operations.filter((name) => name === operation).length;
  }

  /** Holds responses to operations of this name back until the returned function is called. */
  hold(operation: string): () => void {
    let open = () => {};
    this.#holds.set(
      operation,
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    return () => {
      this.#holds.delete(operation);
      open();
    };
  }

  /** Simulates the death of the server: cuts open connections and refuses new ones. */
  cut(): void {
    this.target = null;
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const operationNameOf = (body: Buffer): string => {
  const { operationName, query } = JSON.parse(body.toString());
  return operationName ?? /\w+ (\w+)/.exec(query)?.[1] ?? "";
};

const answerUnavailable = (response: ServerResponse, origin = ""): void => {
  response.writeHead(503, {
    "content-type": "application/graphql-response+json",
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
  });
  const extensions = { code: "SERVICE_UNAVAILABLE", status: 503, retryAfter: 1 };
  response.end(JSON.stringify({ errors: [{ message: "Try again later.", extensions }] }));
};
