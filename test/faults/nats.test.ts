import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createLogger } from "../../src/platform/logging.ts";
import { Nats } from "../../src/platform/nats/index.ts";
import { describeNeeding } from "../support/servers/index.ts";
import { NatsServer } from "../support/servers/nats.ts";

const log = createLogger({ level: "silent" });

describeNeeding("nats-server", "a connection to NATS", (program) => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.prepare(program);
  });
  afterAll(() => server?.stop());

  it("is made once the server is there, and again after the server died", async () => {
    const nats = new Nats({ settings: { url: server.url, tls: {} }, log });
    const opened = vi.fn();
    const up = vi.fn();
    nats.onOpened(opened);
    nats.onUp(up);
    nats.start();
    expect(nats.health).toBe("away");
    await server.start();
    await vi.waitFor(() => expect(nats.health).toBe("up"), 5_000);
    await server.kill();
    await vi.waitFor(() => expect(nats.connection).toBeNull(), 5_000);
    await server.start();
    await vi.waitFor(() => expect(nats.connection).not.toBeNull(), 5_000);
    expect(opened).toHaveBeenCalledTimes(1);
    expect(up).toHaveBeenCalledTimes(2);
    await nats.stop();
    expect(nats.health).toBe("away");
  });
});
