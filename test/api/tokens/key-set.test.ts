import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "#shared/durations";
import { type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** The public keys, as services and the caches before them read them. */

const PATH = "/.well-known/jwks.json";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { CORS_ORIGINS: "https://app.example.com" } });
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

describe("the key set", () => {
  const get = (headers: Record<string, string> = {}, of = app) => fetch(`${of.url}${PATH}`, { headers });

  it("is not sent again to a client that has it, whichever replica returned it", async () => {
    const first = await get();
    const tag = first.headers.get("etag") ?? "";
    expect(tag).toMatch(/^"[\w-]{43}"$/);
    expect((await get({}, replica)).headers.get("etag")).toBe(tag);
    for (const known of [tag, `W/${tag}`, `"another", ${tag}`, "*"]) {
      const again = await get({ "if-none-match": known }, replica);
      expect(again.status, known).toBe(304);
      expect(await again.text()).toBe("");
      // A cache refreshes its copy with these headers.
      for (const name of ["etag", "cache-control", "access-control-allow-origin"])
        expect(again.headers.get(name), name).toBe(first.headers.get(name));
    }
    for (const unknown of ['"another"', tag.slice(1), ""])
      expect((await get({ "if-none-match": unknown })).status, unknown).toBe(200);
  });

  it("has another ETag once it contains another key", async () => {
    const tag = (await get()).headers.get("etag") ?? "";
    await app.app.signingKeys.rotate();
    const changed = await get({ "if-none-match": tag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(tag);
    app.clock.advance(61 * SECOND);
    expect((await get({}, replica)).headers.get("etag")).toBe(changed.headers.get("etag"));
  });

  it("is readable for pages of any origin, with one response for all of them", async () => {
    for (const origin of ["https://app.example.com", "https://elsewhere.example", "null", undefined]) {
      const { headers } = await get(origin === undefined ? {} : { origin });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      // Otherwise a cache would store it once for each page.
      expect(headers.get("vary")).toBeNull();
    }
  });
});

/** A service that caches the key set as long as its headers allow. */
class Hoarder {
  readonly #from: TestApp;
  #keys: ReturnType<typeof createLocalJWKSet> = createLocalJWKSet({ keys: [] });
  #until = 0;

  constructor(from: TestApp) {
    this.#from = from;
  }

  /** The reason why it refuses the token; null if it accepts it. */
  async refusal(token: string): Promise<string | null> {
    const currentDate = app.clock.now();
    if (currentDate.getTime() >= this.#until) await this.#ask(currentDate);
    try {
      await jwtVerify(token, this.#keys, { algorithms: ["EdDSA"], typ: "at+jwt", currentDate });
      return null;
    } catch (error) {
      return error instanceof errors.JOSEError ? error.code : String(error);
    }
  }

  async #ask(now: Date): Promise<void> {
    const response = await fetch(`${this.#from.url}${PATH}`);
    const caching = response.headers.get("cache-control") ?? "";
    const seconds = [...caching.matchAll(/(?:max-age|stale-while-revalidate)=(\d+)/g)].map(([, value]) =>
      Number(value),
    );
    this.#keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    this.#until = now.getTime() + seconds.reduce((sum, one) => sum + one, 0) * SECOND;
  }
}

describe("a service that caches the key set as long as it may", () => {
  const STEP = 20 * SECOND;
  let bearer: StoredUser;
  beforeAll(async () => {
    // Earlier rotations are complete.
    app.clock.advance(60 * MINUTE);
    bearer = await signIn(app, await addUser(app, await createTenant(app)));
  });

  /**
   * Refusals of valid tokens, from before a rotation until the last token of the old key has expired; and the number accepted.
   */
  const over = async (activateAfter?: number) => {
    // One service starts at each step of the cache lifetime, at either replica, so that some learn of the rotation last.
    const services: Hoarder[] = [];
    const waiting = Array.from({ length: 20 }, (_, n) => new Hoarder(n % 2 ? app : replica));
    const tokens: { token: string; until: number }[] = [];
    const outcome = { refusals: [] as string[], taken: 0, keys: new Set<string>() };
    for (let step = 0; step < 120; step++) {
      if (step === 22) await app.app.signingKeys.rotate(activateAfter);
      const joining = waiting.shift();
      if (joining) services.push(joining);
      const now = app.clock.now().getTime();
      for (const of of [app, replica]) {
        const { accessToken, expiresIn } = await of.app.tokens.issue(bearer.session, bearer.user);
        tokens.push({ token: accessToken, until: now + expiresIn * SECOND });
        outcome.keys.add(accessToken.split(".")[0] ?? "");
      }
      while (tokens[0] && tokens[0].until - now < 5 * SECOND) tokens.shift();
      for (const { token } of [tokens[0], ...tokens.slice(-2)].filter((one) => one !== undefined))
        for (const service of services) {
          const refusal = await service.refusal(token);
          if (refusal === null) outcome.taken += 1;
          else outcome.refusals.push(`${refusal} at step ${step}`);
        }
      app.clock.advance(STEP);
    }
    return outcome;
  };

  it("refuses no valid token during a rotation, of the old key or the new, whichever replica it used and when", async () => {
    const { refusals, taken, keys } = await over();
    expect(refusals).toEqual([]);
    expect(taken).toBeGreaterThan(5_000);
    expect(keys.size).toBe(2);
  });

  it("would refuse some if the new key signed before the caches expire", async () => {
    app.clock.advance(60 * MINUTE);
    const { refusals } = await over(240);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.every((refusal) => refusal.startsWith(new errors.JWKSNoMatchingKey().code))).toBe(true);
  });
});
