import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, vi } from "vitest";
import { WAIT } from "../timeouts.ts";
import { findFreePort } from "./ports.ts";
import { RedisServer } from "./redis.ts";
import { ServerProcess } from "./server-process.ts";

const MASTER_NAME = "portcullis";

/** A master and its replica, watched by one Sentinel. */
export interface SentinelGroup {
  readonly url: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** Stops the Sentinel, so that roles no longer change. */
  endSentinel(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Sentinel that considers a master down after half a second of silence. */
export const startSentinelGroup = async (program: string): Promise<SentinelGroup> => {
  const master = await RedisServer.start(program);
  const replica = await RedisServer.start(program, inject("runDirectory"), {
    replicaof: `127.0.0.1 ${master.port}`,
  });
  await vi.waitFor(
    async () => expect(await replica.command("INFO", "replication")).toContain("master_link_status:up"),
    WAIT,
  );
  const port = await findFreePort();
  const directory = await mkdtemp(join(inject("runDirectory"), "redis-"));
  const settings = [
    `port ${port}`,
    "bind 127.0.0.1",
    `pidfile ${join(directory, "redis.pid")}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 500`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
  ];
  const file = join(directory, "sentinel.conf");
  await writeFile(file, `${settings.join("\n")}\n`);
  const sentinel = new ServerProcess();
  await sentinel.start({
    name: "Sentinel",
    path: program,
    args: [file, "--sentinel"],
    directory,
    speaks: "stdout",
    // It must know the replica, so that it can promote it.
    ready: "+slave slave",
  });
  return {
    url: `redis+sentinel://127.0.0.1:${port}/${MASTER_NAME}`,
    master,
    replica,
    endSentinel: () => sentinel.kill(),
    async stop() {
      await sentinel.kill();
      await Promise.all([master.stop(), replica.stop()]);
    },
  };
};

/** Three masters that share the slots. */
export interface RedisCluster {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** Starts a cluster that continues without an unresponsive node. */
export const startRedisCluster = async (program: string): Promise<RedisCluster> => {
  const settings = {
    "cluster-enabled": "yes",
    "cluster-require-full-coverage": "no",
    "cluster-node-timeout": "60000",
  };
  const nodes = [
    await RedisServer.start(program, inject("runDirectory"), settings),
    await RedisServer.start(program, inject("runDirectory"), settings),
    await RedisServer.start(program, inject("runDirectory"), settings),
  ];
  const [first] = nodes as [RedisServer];
  for (const [index, node] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / nodes.length)) as [number, number];
    const slots = Array.from({ length: to - from }, (_, n) => `${from + n}`);
    await node.command("CLUSTER", "ADDSLOTS", ...slots);
    if (node !== first) await node.command("CLUSTER", "MEET", "127.0.0.1", `${first.port}`);
  }
  for (const node of nodes)
    await vi.waitFor(async () => {
      const info = await node.command("CLUSTER", "INFO");
      expect(info).toMatch(/cluster_slots_ok:16384.*cluster_known_nodes:3/s);
    }, WAIT);
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
};
