import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TestPooler {
  /** The URL of the database behind it, through the pooler. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A pooler in front of Postgres that treats unknown connection parameters like PgBouncer: it refuses the connection, or drops the
 * parameters if it is configured to ignore them.
 */
export const startPooler = async (databaseUrl: string, unknown: "refused" | "ignored"): Promise<TestPooler> => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => {});
    client.once("data", (startup: Buffer) => {
      const { rest, refused } = readStartup(startup);
      if (refused !== null && unknown === "refused") return client.end(refusal(refused));
      const behind = connect(Number(target.port), target.hostname);
      sockets.add(behind);
      behind.on("error", () => client.destroy());
      behind.write(rest);
      client.pipe(behind).pipe(client);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = `${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Parameters that PgBouncer always accepts. */
const KNOWN = new Set(["user", "database", "application_name", "client_encoding", "datestyle", "timezone"]);

/** StartupMessage: length, version, then names and values, each ended by a zero, and one more zero. */
const readStartup = (startup: Buffer): { rest: Buffer; refused: string | null } => {
  const words = startup.subarray(8).toString("utf8").split("\0");
  const pairs: [string, string][] = [];
  for (let at = 0; words[at]; at += 2) pairs.push([words[at] ?? "", words[at + 1] ?? ""]);
  const kept = pairs.filter(([name]) => KNOWN.has(name.toLowerCase()));
  const body = Buffer.from(`${kept.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`);
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + body.length, 0);
  header.writeInt32BE(startup.readInt32BE(4), 4);
  const refused = pairs.find(([name]) => !KNOWN.has(name.toLowerCase()))?.[0] ?? null;
  return { rest: Buffer.concat([header, body]), refused };
};

const refusal = (parameter: string): Buffer => {
  const body = Buffer.from(`SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: ${parameter}\0\0`);
  const header = Buffer.alloc(5);
  header.write("E");
  header.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([header, body]);
};
