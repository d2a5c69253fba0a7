import { sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { logIn } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

it("a user has at most a hundred live sessions, even if the tenant sets no limit", async () => {
  const alice = await createUser(app);
  await app.app.db.execute(sql`
    insert into sessions
    select (jsonb_populate_record(null::sessions, to_jsonb(s) || jsonb_build_object(
      'id', gen_random_uuid(), 'last_activity_at', s.last_activity_at - n * interval '1 minute'))).*
    from sessions s, generate_series(1, 99) n where s.id = ${alice.sessionId}::uuid`);
  const live = async () => {
    const [row] = await app.app.db.execute(sql`
      select count(*) filter (where ended_at is null)::int as live,
        count(*) filter (where end_reason = 'SESSION_LIMIT')::int as evicted
      from sessions where user_id = ${alice.id}::uuid`);
    return row;
  };
  expect(await live()).toEqual({ live: 100, evicted: 0 });
  await logIn(app.client(), alice.email, alice.password);
  expect(await live()).toEqual({ live: 100, evicted: 1 });
  await alice.client.ask("{ me { id } }");
});
