import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Wire {
  readonly port: number;
  /** Breaks all connections and takes no new ones, until `mend`. */
  cut(): void;
  mend(): void;
  /**
   * Once a client has said `first`, lets what it says with `words` in it through, and then loses the connection: the server
   * does what it was told, and the client never hears of it. Answers whether that has happened.
   */
  loseAnswerTo(words: string, first: string): { readonly happened: boolean };
  stop(): Promise<void>;
}

/** A wire between a client and a server of 127.0.0.1, for tests that cut it. */
export const startWire = async (target: number): Promise<Wire> => {
  const sockets = new Set<Socket>();
  let isCut = false;
  let trap: { words: string; first: string; happened: boolean } | null = null;

  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(target, "127.0.0.1");
    let suspect = false;
    let lost = false;
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
      if (trap !== null && !trap.happened) {
        suspect ||= said.includes(trap.first);
        lost = suspect && said.includes(trap.words);
        trap.happened = lost;
      }
      upstream.write(said);
    });
    upstream.on("data", (said: Buffer) => {
      // The answer shows that it is done.
      if (lost) client.destroy();
      else client.write(said);
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
    cut,
    mend() {
      isCut = false;
    },
    loseAnswerTo(words, first) {
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
