import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openDatabase } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { allPublished, countWaiting, expectAllPublished } from "../support/clients/events.ts";
import { deviceOf, runUserLifecycle, signUpMany } from "../support/factories/user-lifecycle.ts";
import { logIn, type Served } from "../support/factories/users.ts";
import { describeIf } from "../support/servers/index.ts";
import { createInstallation, type Installation, type ServerProcess } from "../support/servers/installation.ts";
import { NatsServer } from "../support/servers/nats.ts";
import { WAIT } from "../support/timeouts.ts";

describeIf("nats-server", "a process killed while it publishes events", (program) => {
  let nats: NatsServer;
  let installation: Installation;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    installation = await createInstallation({ NATS_URL: nats.url });
  });
  afterAll(async () => {
    await installation?.stop();
    await nats?.stop();
  });

  const servedBy = ({ client }: ServerProcess): Served => ({ client, mail: installation.mail });

  it("leaves no event unpublished and each user's events in order, at whatever moment it is killed", async () => {
    const database = openDatabase({ url: installation.database.url, poolSize: 2 });
    try {
      let server = await installation.start();
      const regulars = await signUpMany(servedBy(server), 3);
      for (let life = 0; life < 3; life++) {
        const newcomers = await signUpMany(servedBy(server), 3);
        let over = false;
        let rounds = 0;
        const current = server;
        const untilTheEnd = async (act: () => Promise<void>): Promise<void> => {
          while (!over)
            await act().then(
              () => (rounds += 1),
              () => delay(20),
            );
        };
        const storm = [
          ...regulars.map((actor) => {
            const device = deviceOf(servedBy(current), actor);
            return untilTheEnd(async () => {
              await logIn(device, actor.email, actor.password, { deviceToken: actor.client.deviceToken ?? "" });
              await device.ask("mutation { logout { endedSessionId } }");
            });
          }),
          ...newcomers.map((actor) => {
            const device = deviceOf(servedBy(current), actor);
            return untilTheEnd(() => runUserLifecycle(actor, device));
          }),
        ];
        await vi.waitFor(() => expect(rounds).toBeGreaterThan(5), WAIT);
        await delay(Math.random() * 500);
        await server.kill();
        over = true;
        await Promise.all(storm);
        server = await installation.start();
      }
      await expectAllPublished(database, nats);
    } finally {
      await database.close();
    }
  });
});

describeIf("nats-server", "a process that is stopped", (program) => {
  it("publishes the waiting events before it exits, without another process", async () => {
    const nats = await NatsServer.start(program);
    const installation = await createInstallation({ NATS_URL: nats.url });
    const database = openDatabase({ url: installation.database.url, poolSize: 2 });
    try {
      const server = await installation.start();
      const served = { client: server.client, mail: installation.mail };
      const people = await signUpMany(served, 4);
      const traffic = people.map(async (actor) => {
        const device = deviceOf(served, actor);
        for (let round = 0; round < 50; round++) await runUserLifecycle(actor, device);
      });
      await delay(500);
      server.signal("SIGTERM");
      await Promise.allSettled(traffic);
      expect(await server.exit).toBe(0);
      expect(await countWaiting(database.db)).toBe(0);
      await expectAllPublished(database, nats);
    } finally {
      await database.close();
      await installation.stop();
      await nats.stop();
    }
  });
});

describeIf("nats-server", "a process that is suspended while it publishes events", (program) => {
  it("loses its turn to another one, and changes nothing when it continues", async () => {
    const nats = await NatsServer.start(program);
    const installation = await createInstallation({ NATS_URL: nats.url });
    const database = openDatabase({ url: installation.database.url, poolSize: 2 });
    const relaying = async () =>
      (await database.db.execute(sql`select from pg_locks where locktype = 'advisory' and objid = ${LOCKS.eventRelay}`))
        .length;
    try {
      const frozen = await installation.start();
      const served = { client: frozen.client, mail: installation.mail };
      const people = await signUpMany(served, 3);
      await allPublished(database.db);
      nats.pause();
      await Promise.all(people.map((actor) => runUserLifecycle(actor, deviceOf(served, actor))));
      await vi.waitFor(async () => expect(await relaying()).toBe(1), WAIT);
      frozen.signal("SIGSTOP");
      nats.resume();
      const other = await installation.start();
      const atOther = { client: other.client, mail: installation.mail };
      await Promise.all(people.map((actor) => runUserLifecycle(actor, deviceOf(atOther, actor))));
      await expectAllPublished(database, nats);
      frozen.signal("SIGCONT");
      await Promise.all(people.map((actor) => runUserLifecycle(actor, deviceOf(served, actor))));
      await expectAllPublished(database, nats);
    } finally {
      await database.close();
      await installation.stop();
      await nats.stop();
    }
  });
});
