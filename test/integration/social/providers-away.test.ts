import type { RequestListener } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { OutgoingClient, type Resolve } from "#platform/outgoing/index";
import { SECOND } from "#shared/durations";
import { DISCOVERY, type LyingProvider, startLyingProvider } from "../../support/servers/lying-provider.ts";
import { buildProviders, expectRefusal, newVisit, openIdSettings, outgoingHere } from "./provider-world.ts";

/** What somebody who waits is told at the latest. */
const FIVE_SECONDS = 5 * SECOND;

const silent: RequestListener = () => undefined;

const dripping: RequestListener = (_, response) => {
  response.setHeader("content-type", "application/json");
  const drip = setInterval(() => response.write(" "), 100);
  response.on("close", () => clearInterval(drip));
};

const drippingHead: RequestListener = ({ socket }) => {
  socket.write("HTTP/1.1 200 OK\r\n");
  const drip = setInterval(() => socket.write("x-drip: 1\r\n"), 100);
  socket.on("close", () => clearInterval(drip));
};

const halfway: RequestListener = (_, response) =>
  void response.writeHead(200, { "content-type": "application/json", "content-length": "1000" }).write("{");

/** The deadlines that are set, in milliseconds: what is waited for at most, whatever the speed of this machine. */
const deadlines = vi.spyOn(AbortSignal, "timeout");
/** Without those of the library, which would wait for half a minute. */
const ours = () => deadlines.mock.calls.filter(([time]) => time < FIVE_SECONDS);
afterEach(() => deadlines.mockClear());
afterAll(() => deadlines.mockRestore());

describe("a provider that does not answer", () => {
  let servers: LyingProvider[];
  beforeAll(async () => {
    // One for each trouble: they are waited for together.
    servers = await Promise.all(Array.from({ length: 9 }, startLyingProvider));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  let used = 0;
  const nextServer = () => servers[used++] ?? expect.unreachable("There are too few servers.");

  /** Nobody is sent there. */
  const goingThere = async (trouble: RequestListener): Promise<void> => {
    const server = nextServer();
    server.instead.set(DISCOVERY, trouble);
    const world = buildProviders(openIdSettings(server));
    await expectRefusal(world, world.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", [server.clientSecret]);
    expect(world.logs).toEqual([expect.stringContaining("TIMED_OUT")]);
  };

  /** Whoever comes back is told. */
  const comingBack = async (
    troubles: Readonly<Record<string, RequestListener>>,
    slow: Readonly<Record<string, number>> = {},
  ): Promise<void> => {
    const server = nextServer();
    server.person = { sub: "subject-1" };
    server.userinfo = { sub: "subject-1" };
    const world = buildProviders(openIdSettings(server));
    const visit = newVisit();
    const callback = await server.visit(await world.provider.authorizationUrl(visit));
    for (const [path, trouble] of Object.entries(troubles)) server.instead.set(path, trouble);
    for (const [path, time] of Object.entries(slow)) server.slow.set(path, time);
    const secrets = [server.clientSecret, callback.code, visit.pkceVerifier, visit.nonce];
    await expectRefusal(world, world.provider.identify(visit, callback), "UPSTREAM_FAILED", secrets);
    expect(world.logs).toEqual([expect.stringContaining("TIMED_OUT")]);
  };

  it("keeps nobody waiting for more than five seconds, whichever of its answers does not come, or drips", async () => {
    await Promise.all([
      goingThere(silent),
      goingThere(dripping),
      goingThere(drippingHead),
      goingThere(halfway),
      comingBack({ "/token": silent }),
      comingBack({ "/token": dripping }),
      comingBack({ "/jwks": silent }),
      comingBack({ "/userinfo": silent }),
      // Each of them alone would be in time.
      comingBack({}, { "/token": 1_800, "/jwks": 1_800, "/userinfo": 1_800 }),
    ]);
    // One for each step, of which those who came back had been through another before.
    expect(ours()).toHaveLength(4 + 2 * 5);
  });
});

describe("a provider that is away", () => {
  it("is told at once where nobody listens", async () => {
    const server = await startLyingProvider();
    const world = buildProviders(openIdSettings(server));
    await server.stop();
    await expectRefusal(world, world.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", [server.clientSecret]);
    expect(world.logs).toEqual([expect.stringContaining("UNREACHABLE")]);
  });

  it.each<[string, Resolve]>([
    ["has no address", async () => []],
    ["cannot be found", async () => Promise.reject(Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" }))],
    ["has an address inside", async () => [{ address: "169.254.169.254", family: 4 }]],
    ["is sought for ever", () => new Promise(() => undefined)],
  ])("is told where its name %s", async (_, resolve) => {
    const settings = openIdSettings({
      issuer: "https://id.acme.example",
      clientId: "portcullis",
      clientSecret: "s3cret",
    });
    const world = buildProviders(settings, new OutgoingClient({ privateNetworks: null, resolve }));
    await expectRefusal(world, world.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", ["s3cret"]);
    expect(ours()).toHaveLength(1);
  });

  it("does not hold up another", async () => {
    const [slow, quick] = await Promise.all([startLyingProvider(), startLyingProvider()]);
    slow.instead.set(DISCOVERY, silent);
    const { provider: away } = buildProviders(openIdSettings(slow), outgoingHere);
    const { provider } = buildProviders(openIdSettings(quick), outgoingHere);
    let over = false;
    const waiting = away.authorizationUrl(newVisit()).catch(() => {
      over = true;
    });
    await provider.authorizationUrl(newVisit());
    expect(over).toBe(false);
    await slow.stop();
    await waiting;
    await quick.stop();
  });
});
