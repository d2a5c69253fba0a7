import { and, eq, isNull } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { sessions } from "#features/sessions/index";
import type { UserId } from "#shared/ids";
import type { UntypedData } from "../support/clients/graphql.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { LOGIN, REFRESH } from "../support/factories/users.ts";
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
  ["deleteUser", "mutation ($id: ID!) { deleteUser(input: { userId: $id }) { deletedUserId } }"],
  ["requirePasswordReset", "mutation ($id: ID!) { requirePasswordReset(input: { userId: $id }) { user { id } } }"],
])("leaves no session if %s races with refreshes and logins", async (_name, mutation) => {
  for (let round = 0; round < 5; round++) {
    const tenant = await createTenant(app);
    const [admin, bob] = await Promise.all([createMember(app, tenant, "ADMIN"), createMember(app, tenant)]);
    const login = () => app.client().send(LOGIN, { input: { identifier: bob.email, password: bob.password } });
    const refresh = () => app.client().send(REFRESH, { token: bob.client.refreshToken });

    const answers: UntypedData[] = await Promise.all([
      login(),
      refresh(),
      admin.client.ask(mutation, { id: bob.id }),
      login(),
      refresh(),
      login(),
    ]);

    expect(await liveSessionsOf(bob.id)).toEqual([]);
    const before = { accessToken: bob.client.accessToken, refreshToken: bob.client.refreshToken };
    const given = [before, ...answers.flatMap(({ data }) => data?.login?.tokens ?? data?.refreshToken?.tokens ?? [])];
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

it("keeps an admin in a tenant with members when all its admins delete each other at the same moment", async () => {
  const DELETE = "mutation ($id: ID!) { deleteUser(input: { userId: $id }) { deletedUserId } }";
  for (let round = 0; round < 3; round++) {
    const tenant = await createTenant(app);
    const admins = await Promise.all(Array.from({ length: 5 }, () => createMember(app, tenant, "ADMIN")));
    const bob = await createMember(app, tenant);
    const answers: UntypedData[] = await Promise.all(
      admins.map(({ client }, index) => client.send(DELETE, { id: admins[(index + 1) % admins.length]?.id })),
    );
    const codes = answers.flatMap(({ errors }) => errors?.map((error: UntypedData) => error.extensions.code) ?? []);
    for (const code of codes) expect(["UNAUTHENTICATED", "CONFLICT", "NOT_FOUND"]).toContain(code);
    const left = await app.app.db.execute(
      `select 1 from users where tenant_id = '${tenant.id}' and roles @> '{ADMIN}' and status = 'ACTIVE'`,
    );
    expect([...left].length).toBeGreaterThanOrEqual(1);
    expect(answers.filter(({ data }) => data?.deleteUser)).toHaveLength(admins.length - [...left].length);
    expect((await bob.client.ask("{ me { id } }")).me).toEqual({ id: bob.id });
  }
});
