import { and, eq, isNull } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { sessions } from "#features/sessions/index";
import type { UserId } from "#shared/ids";
import type { Loose } from "../support/clients/graphql.ts";
import { LOGIN, REFRESH } from "../support/factories/actors.ts";
import { employ, foundTenant } from "../support/factories/companies.ts";
import { sharedTestApp, type TestApp } from "../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

const liveSessionsOf = (userId: string) =>
  app.app.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId as UserId), isNull(sessions.endedAt)));

it.each([
  ["suspendUser", "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }"],
  ["requirePasswordReset", "mutation ($id: ID!) { requirePasswordReset(input: { userId: $id }) { user { id } } }"],
])("leaves no session where %s races with refreshes and logins", async (_name, mutation) => {
  for (let round = 0; round < 5; round++) {
    const tenant = await foundTenant(app);
    const [admin, bob] = await Promise.all([employ(app, tenant, "ADMIN"), employ(app, tenant)]);
    const login = () => app.client().send(LOGIN, { input: { identifier: bob.email, password: bob.password } });
    const refresh = () => app.client().send(REFRESH, { token: bob.client.refreshToken });

    const answers: Loose[] = await Promise.all([
      login(),
      refresh(),
      admin.client.ask(mutation, { id: bob.id }),
      login(),
      refresh(),
      login(),
    ]);

    expect(await liveSessionsOf(bob.id)).toEqual([]);
    const before = { accessToken: bob.client.accessToken, refreshToken: bob.client.refreshToken };
    const given = [before, ...answers.flatMap(({ data }) => data?.login?.tokens ?? data?.refreshToken ?? [])];
    for (const { accessToken, refreshToken } of given) {
      const client = app.client();
      client.accessToken = accessToken;
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
      expect(await app.client().refused(REFRESH, { token: refreshToken })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      });
    }
  }
});
