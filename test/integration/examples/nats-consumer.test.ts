import { jetstream } from "@nats-io/jetstream";
import postgres from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allPublished, readStream } from "../../support/clients/events.ts";
import { logIn, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { createEmptyDatabase, type TestDatabase } from "../../support/servers/database.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";
import { ExampleProcess } from "./example-process.ts";

describeIf("nats-server", "the NATS consumer", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let database: TestDatabase;
  let sql: postgres.Sql;
  beforeAll(async () => {
    [nats, database] = await Promise.all([NatsServer.start(program), createEmptyDatabase()]);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    sql = postgres(database.url);
  });
  afterAll(async () => {
    await sql?.end();
    await database?.drop();
    await app?.stop();
    await nats?.stop();
  });

  const start = async (): Promise<ExampleProcess> => {
    const env = { NATS_URL: nats.url, DATABASE_URL: database.url };
    return (await ExampleProcess.start("nats-consumer/main.ts", env, "Consuming")).example;
  };
  const loginsOf = async (userId: string): Promise<number | undefined> =>
    (await sql`select logins from last_logins where user_id = ${userId}`)[0]?.logins;
  const countSeen = async (): Promise<number> => (await sql`select count(*)::int as seen from seen_events`)[0]?.seen;

  it("starts late, applies each event once, continues where it stopped, and forgets deleted users", async () => {
    const alice = await signUp(app);
    await logIn(app.client(), alice.email, alice.password);
    await allPublished(app.app.db);
    const first = await start();
    const before = (await readStream(nats)).filter(
      ({ event }) => event.subject === alice.id && event.type === "auth.user.login",
    );
    await expect.poll(() => loginsOf(alice.id)).toBe(before.length);

    // JetStream drops duplicates for ten minutes only; this one has no message id, as if it arrived later.
    const connection = await nats.connect();
    const [{ natsSubject, text } = { natsSubject: "", text: "" }] = before;
    await jetstream(connection).publish(natsSubject, text);
    await connection.close();
    const stored = await readStream(nats);
    await expect.poll(countSeen).toBe(stored.length - 1);
    expect(await first.stop()).toBe(0);

    await logIn(app.client(), alice.email, alice.password);
    await allPublished(app.app.db);
    const second = await start();
    await expect.poll(() => loginsOf(alice.id)).toBe(before.length + 1);

    await alice.client.ask(
      "mutation ($password: String!) { deleteAccount(input: { password: $password }) { __typename } }",
      {
        password: alice.password,
      },
    );
    await allPublished(app.app.db);
    await expect.poll(() => loginsOf(alice.id)).toBeUndefined();
    expect(await second.stop()).toBe(0);
  });
});
