import type { RequestListener } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Resolve, SafeHttpClient } from "#platform/http-client/index";
import { SECOND } from "#shared/durations";
import { DISCOVERY, type MaliciousProvider, startMaliciousProvider } from "../../support/servers/malicious-provider.ts";
import { buildProviders, expectRefusal, newVisit, openIdSettings, outgoingHere } from "./provider-fixtures.ts";

/** The longest time until a waiting user gets a response. */
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

/** The deadlines that are set, in milliseconds: the longest wait, whatever the speed of this machine. */
const deadlines = vi.spyOn(AbortSignal, "timeout");
/** Without those of the library, which are half a minute. */
const ours = () => deadlines.mock.calls.filter(([time]) => time < FIVE_SECONDS);
afterEach(() => deadlines.mockClear());
afterAll(() => deadlines.mockRestore());

describe("a provider that does not respond", () => {
  let servers: MaliciousProvider[];
  beforeAll(async () => {
    // One for each fault, because the waits run in parallel.
    servers = await Promise.all(Array.from({ length: 9 }, startMaliciousProvider));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  let used = 0;
  const nextServer = () => servers[used++] ?? expect.unreachable("More servers are required.");

  /** Expects that no user is sent to the provider. */
  const goingThere = async (trouble: RequestListener): Promise<void> => {
    const server = nextServer();
    server.instead.set(DISCOVERY, trouble);
    const fixtures = buildProviders(openIdSettings(server));
    await expectRefusal(fixtures, fixtures.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", [
      server.clientSecret,
    ]);
    expect(fixtures.logs).toEqual([expect.stringContaining("TIMED_OUT")]);
  };

  /** Expects that a returning user gets an error. */
  const comingBack = async (
    troubles: Readonly<Record<string, RequestListener>>,
    slow: Readonly<Record<string, number>> = {},
  ): Promise<void> => {
    const server = nextServer();
    server.person = { sub: "subject-1" };
    server.userinfo = { sub: "subject-1" };
    const fixtures = buildProviders(openIdSettings(server));
    const visit = newVisit();
    const callback = await server.visit(await fixtures.provider.authorizationUrl(visit));
    for (const [path, trouble] of Object.entries(troubles)) server.instead.set(path, trouble);
    for (const [path, time] of Object.entries(slow)) server.slow.set(path, time);
    const secrets = [server.clientSecret, callback.code, visit.pkceVerifier, visit.nonce];
    await expectRefusal(fixtures, fixtures.provider.identify(visit, callback), "UPSTREAM_FAILED", secrets);
    expect(fixtures.logs).toEqual([expect.stringContaining("TIMED_OUT")]);
  };

  it("delays a user for at most five seconds, whichever of its responses is missing or slow", async () => {
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
    // One for each step; returning users have been through another step before.
    expect(ours()).toHaveLength(4 + 2 * 5);
  });
});

describe("an unavailable provider", () => {
  it("is reported immediately if no server listens", async () => {
    const server = await startMaliciousProvider();
    const fixtures = buildProviders(openIdSettings(server));
    await server.stop();
    await expectRefusal(fixtures, fixtures.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", [
      server.clientSecret,
    ]);
    expect(fixtures.logs).toEqual([expect.stringContaining("UNREACHABLE")]);
  });

  it.each<[string, Resolve]>([
    ["has no address", async () => []],
    ["cannot be found", async () => Promise.reject(Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" }))],
    ["has an internal address", async () => [{ address: "169.254.169.254", family: 4 }]],
    ["never resolves", () => new Promise(() => undefined)],
  ])("is reported if its name %s", async (_, resolve) => {
    const settings = openIdSettings({
      issuer: "https://id.acme.example",
      clientId: "portcullis",
      clientSecret: "s3cret",
    });
    const fixtures = buildProviders(settings, new SafeHttpClient({ privateNetworks: null, resolve }));
    await expectRefusal(fixtures, fixtures.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", ["s3cret"]);
    expect(ours()).toHaveLength(1);
  });

  it("does not delay another", async () => {
    const [slow, quick] = await Promise.all([startMaliciousProvider(), startMaliciousProvider()]);
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
