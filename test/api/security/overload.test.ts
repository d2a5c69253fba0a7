import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { post } from "../../support/clients/raw.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

describe("a flood of logins", () => {
  let app: TestApp;
  beforeAll(async () => {
    // Slow hashes and a short queue, so that the queue fills up immediately.
    app = await startTestApp({
      settings: { ARGON2_MEMORY_KIB: "65536", ARGON2_PASSES: "4", HASHING_QUEUE: "4" },
    });
  });
  afterAll(() => app.stop());

  it("gets 503 with Retry-After beyond the queue, while refresh and me still work", async () => {
    const { client } = await createUser(app);
    const flood = Array.from({ length: 40 }, () =>
      post(
        app,
        { query: LOGIN, variables: { input: { identifier: newEmail(), password: newPassword() } } },
        { "x-forwarded-for": `2001:db8:${randomBytes(2).toString("hex")}::1` },
      ),
    );
    let over = false;
    const flooded = Promise.all(flood).finally(() => {
      over = true;
    });

    let rounds = 0;
    while (!over) {
      await client.ask("{ me { id } }");
      const { refreshToken } = await client.ask(
        "mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }",
        {
          input: { refreshToken: client.refreshToken },
        },
      );
      client.refreshToken = refreshToken.tokens.refreshToken;
      if (!over) rounds += 1;
    }
    const answers = await flooded;
    const refused = answers.filter(({ status }) => status === 503);
    const weighed = answers.filter(({ errors }) => errors[0]?.extensions.code === "INVALID_CREDENTIALS");
    expect(refused.length + weighed.length).toBe(40);
    expect(weighed.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeGreaterThan(10);
    for (const { headers, errors } of refused) {
      expect(errors).toMatchObject([
        { extensions: { code: "SERVICE_UNAVAILABLE", status: 503, retryAfter: expect.any(Number) } },
      ]);
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect(rounds).toBeGreaterThan(1);
  });

  it("does not count attempts whose password was never verified", async () => {
    const alice = await createUser(app);
    let over = false;
    const flood = Array.from({ length: 20 }, async () => {
      while (!over) await app.app.hasher.hash("flood").catch(() => new Promise((resolve) => setTimeout(resolve, 5)));
    });
    const codes: unknown[] = [];
    for (let i = 0; i < 15; i++) {
      const { errors } = await post(app, {
        query: LOGIN,
        variables: { input: { identifier: alice.email, password: alice.password } },
      });
      codes.push(errors[0]?.extensions.code ?? "in");
    }
    over = true;
    await Promise.all(flood);
    expect(codes.filter((code) => code === "SERVICE_UNAVAILABLE").length).toBeGreaterThan(5);
    expect(codes).not.toContain("RATE_LIMITED");
  });

  it("leaves room for the next login when it is over, and has locked no user out", async () => {
    const alice = await createUser(app);
    const { errors } = await post(app, {
      query: LOGIN,
      variables: { input: { identifier: alice.email, password: alice.password } },
    });
    expect(errors).toEqual([]);
  });
});
