import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EVENT_DATA } from "#features/messaging/events/event-schemas";
import { EVENT_TYPES } from "#features/messaging/index";
import { allPublished } from "../../support/clients/events.ts";
import { deviceOf, runUserLifecycle } from "../../support/factories/user-lifecycle.ts";
import { signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
}

interface Consumer {
  consume(servers: string, name: string, handle: (event: Event) => Promise<void>): Promise<() => Promise<void>>;
}

const section = async (): Promise<string> => {
  return readFile(new URL("../../../docs/events.md", import.meta.url), "utf8");
};

const blockOf = async (language: string): Promise<string> =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(await section())?.[1] ?? "";

it("names every type of event, and no other", async () => {
  const rows = [...(await section()).matchAll(/^\| (`auth\.[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.split(", "));
  expect(rows.map((type) => type.replaceAll("`", "")).toSorted()).toEqual(EVENT_TYPES.toSorted());
});

it("shows an event with its real content", async () => {
  const { data, ...envelope } = JSON.parse(await blockOf("json"));
  EVENT_DATA["auth.user.login"].parse(data);
  expect(envelope).toMatchObject({ specversion: "1.0", type: "auth.user.login" });
});

describeIf("nats-server", "the consumer in the guide", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let directory: string;
  let code: Consumer;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
    // Next to the packages that it imports.
    directory = await mkdtemp(fileURLToPath(new URL("./.guide-", import.meta.url)));
    await writeFile(`${directory}/consumer.mjs`, await blockOf("js"));
    code = await import(`${directory}/consumer.mjs`);
  });
  afterAll(async () => {
    if (directory) await rm(directory, { recursive: true });
    await app?.stop();
    await nats?.stop();
  });

  it("starts late, receives each event again until it is handled, in order, and continues where it stopped", async () => {
    const alice = await signUp(app);
    const phone = deviceOf(app, alice);
    await runUserLifecycle(alice, phone);
    await allPublished(app.app.db);
    const handled: Event[] = [];
    const refused = new Set<string>();
    const handle = async (event: Event): Promise<void> => {
      if (event.type === "auth.password.reset" && !refused.has(event.id)) {
        refused.add(event.id);
        throw new Error("not now");
      }
      handled.push(event);
    };
    const types = () => handled.filter(({ subject }) => subject === alice.id).map(({ type }) => type);
    const round = ["auth.user.login", "auth.password.reset", "auth.session.ended", "auth.user.logout"];
    const stop = await code.consume(nats.url, "books", handle);
    await expect.poll(() => types().slice(-4)).toEqual(round);
    expect(types()[0]).toBe("auth.user.registered");
    expect(refused.size).toBe(1);
    await stop();

    const before = handled.length;
    await runUserLifecycle(alice, phone);
    await allPublished(app.app.db);
    const stopAgain = await code.consume(nats.url, "books", handle);
    await expect.poll(() => handled.slice(before).map(({ type }) => type)).toEqual(round);
    await stopAgain();
    expect(new Set(handled.map(({ id }) => id)).size).toBe(handled.length);
  });
});
