import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { socialLogins } from "#features/social/social-logins.table";
import { tenants } from "#features/tenants/index";
import { HOUR, MINUTE } from "#shared/durations";
import { AppError } from "#shared/errors";
import { createTenant } from "../../support/factories/tenants.ts";
import { buildTestApp } from "../../support/servers/app.ts";
import { BACK, identityAt, type Social, socialOf } from "../../support/servers/scripted-providers.ts";

let app: Awaited<ReturnType<typeof buildTestApp>>;
let social: Social;
beforeAll(async () => {
  app = await buildTestApp();
  social = socialOf(app);
});
afterAll(() => app?.close());

const countVisits = async () => (await app.app.db.select({ id: socialLogins.id }).from(socialLogins)).length;
const secret = () => randomBytes(32).toString("base64url");
const departure = { provider: "acme", redirectUri: BACK, transport: "BODY" } as const;

const begin = async () => {
  const binding = { kind: "BROWSER", secret: secret() } as const;
  const begun = await social.visits.start({ ...departure, binding });
  const [visit] = social.acme.visits.slice(-1);
  if (!visit) throw new Error("The provider was not called.");
  return { ...begun, binding, visit };
};

describe("an authorization request to a provider", () => {
  it("stores nothing in the database that a reader of the database could use", async () => {
    const { state, binding, visit } = await begin();
    const rows = await app.app.db.execute<{ row: string }>(sql`select l::text as row from social_logins l`);
    const text = rows.map(({ row }) => row).join("\n");
    for (const value of [state, binding.secret, visit.nonce, visit.pkceVerifier]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value).toString("hex"));
      expect(text).not.toContain(Buffer.from(value, "base64url").toString("hex"));
    }
  });

  it("has its own secrets, of the required length", async () => {
    const { visit: first } = await begin();
    const { visit: second } = await begin();
    const secrets = [first, second].flatMap(({ state, nonce, pkceVerifier }) => [state, nonce, pkceVerifier]);
    expect(new Set(secrets).size).toBe(6);
    for (const value of secrets) expect(Buffer.from(value, "base64url")).toHaveLength(32);
  });

  it("ends with the secrets and the redirect URI with which it started", async () => {
    const { state, binding, visit } = await begin();
    await social.visits.handleCallback({ state, code: social.acme.codeFor(identityAt(social.acme)), binding });
    expect(social.acme.visits.at(-1)).toEqual(visit);
  });

  it("is used up before the provider is called, so that a failing provider is not called twice with it", async () => {
    const { state, binding } = await begin();
    const code = social.acme.codeFor(identityAt(social.acme));
    social.acme.beforeAnswer = async () => {
      throw new AppError("UPSTREAM_FAILED");
    };
    await expect(social.visits.handleCallback({ state, code, binding })).rejects.toMatchObject({
      code: "UPSTREAM_FAILED",
    });
    social.acme.beforeAnswer = async () => {};
    const asked = social.acme.visits.length;
    await expect(social.visits.handleCallback({ state, code, binding })).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    expect(social.acme.visits).toHaveLength(asked);
  });

  it("that has ended stays ended when the clock is set back", async () => {
    const { state, binding } = await begin();
    const back = () => social.visits.handleCallback({ state, code: "none", binding });
    await expect(back()).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    const asked = social.acme.visits.length;
    app.clock.advance(-HOUR);
    await expect(back()).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    app.clock.advance(HOUR);
    expect(social.acme.visits).toHaveLength(asked);
  });

  it("is completed only by the client that started it; an attempt by another client does not use it up", async () => {
    const { state, binding } = await begin();
    const code = social.acme.codeFor(identityAt(social.acme));
    const wrong = [
      null,
      { kind: "BROWSER", secret: secret() },
      // The same text as the other kind of binding.
      { kind: "APP", challenge: binding.secret },
    ] as const;
    for (const other of wrong)
      await expect(social.visits.handleCallback({ state, code, binding: other })).rejects.toMatchObject({
        code: "INVALID_TOKEN",
      });
    await expect(social.visits.handleCallback({ state, code, binding })).resolves.toMatchObject({ provider: "acme" });
  });

  it.each([
    ["an unknown provider", { provider: "nobody" }, { code: "BAD_REQUEST", reason: "PROVIDER_NOT_CONFIGURED" }],
    ["a redirect URI that is not in the settings", { redirectUri: `${BACK}/` }, { code: "BAD_USER_INPUT" }],
    ["an invalid challenge", { binding: { kind: "APP", challenge: "short" } }, { code: "BAD_USER_INPUT" }],
    ["an unknown tenant", { tenant: "nowhere" }, { code: "NOT_FOUND" }],
  ] as const)("is not started with %s", async (_, wrong, error) => {
    const before = await countVisits();
    const asked = social.acme.visits.length;
    const binding = { kind: "BROWSER", secret: secret() } as const;
    await expect(social.visits.start({ ...departure, binding, ...wrong })).rejects.toMatchObject(error);
    expect(await countVisits()).toBe(before);
    expect(social.acme.visits).toHaveLength(asked);
  });

  it("is not started if the tenant is suspended, and answers as for an unknown tenant", async () => {
    const tenant = await createTenant(app);
    await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
    const binding = { kind: "BROWSER", secret: secret() } as const;
    const started = social.visits.start({ ...departure, binding, tenant: tenant.slug });
    await expect(started).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("fails if the provider was removed from the settings", async () => {
    const { state, binding } = await begin();
    const before = await countVisits();
    social.known.delete("acme");
    const back = social.visits.handleCallback({ state, code: "any", binding });
    await expect(back).rejects.toMatchObject({ reason: "PROVIDER_NOT_CONFIGURED" });
    social.known.set("acme", social.acme);
    expect(await countVisits()).toBe(before);
  });

  it("is deleted an hour after its end, and not before", async () => {
    await begin();
    app.clock.advance(10 * MINUTE + HOUR - 2 * MINUTE);
    const { state } = await begin();
    const before = await countVisits();
    await social.visits.sweep();
    expect(await countVisits()).toBe(before);
    app.clock.advance(4 * MINUTE);
    await social.visits.sweep();
    const left = await app.app.db.select().from(socialLogins);
    expect(left).toHaveLength(1);
    expect(state).toBeTruthy();
  });
});
