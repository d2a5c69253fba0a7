import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and accepts no new ones, until `enable`. */
  disable(): void;
  enable(): void;
  /**
   * Once a client has sent `first`, breaks the connection instead of forwarding the response with `words` in it: the server has
   * done its work, but the client gets no response. Returns whether that has happened.
   */
  loseAnswer(words: string, first: string): { readonly happened: boolean };
  stop(): Promise<void>;
}

/** A connection between a client and a server of 127.0.0.1 that tests can cut. */
export const startTcpProxy = async (target: number): Promise<TcpProxy> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  let trap: { words: string; first: string; happened: boolean } | null = null;

  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(target, "127.0.0.1");
    let suspect = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
    }
    client.on("data", (said: Buffer) => {
      suspect ||= trap !== null && said.includes(trap.first);
      upstream.write(said);
    });
    upstream.on("data", (said: Buffer) => {
      if (!suspect || !trap || trap.happened || !said.includes(trap.words)) return client.write(said);
      trap.happened = true;
      return client.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };

  return {
    port: (server.address() as AddressInfo).port,
    disable: cut,
    enable() {
      isCut = false;
    },
    loseAnswer(words, first) {
      trap = { words, first, happened: false };
      return trap;
    },
    async stop() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
};
