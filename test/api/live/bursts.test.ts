import { eq } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { securityEvents } from "#features/audit/security-events.table";
import { timeOfId } from "#platform/ids";
import type { SecurityEventId, UserId } from "#shared/ids";
import { connect, eventually, type Followed, followEvents } from "../../support/clients/live.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

/** As many events as when a user with this many sessions ends all the others. */
const MANY = 400;

const numberOf = ({ data }: Followed["results"][number]): number => Number(data.securityEventOccurred.sessionId);

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

it("events of one transaction, however many, are delivered once and completely to every subscriber", async () => {
  const tenant = await createTenant(app);
  const alice = await createMember(app, tenant);
  const live = await connect(app, alice);
  const followed = await followEvents(app, live);
  const draft = { type: "SESSION_ENDED", tenantId: tenant.id, userId: alice.id as UserId } as const;
  await app.app.db.transaction((tx) =>
    app.app.events.record(
      tx,
      ...Array.from({ length: MANY }, (_, n) => ({ ...draft, details: { sessionId: `${n}` } })),
    ),
  );
  await eventually(() => followed.results.length >= MANY || followed.errors.length > 0, "all of it");
  // An event without a pub/sub message is found in the history, together with all the others again.
  const [first] = await app.app.db
    .select()
    .from(securityEvents)
    .where(eq(securityEvents.userId, draft.userId))
    .limit(1);
  if (first === undefined) throw new Error("Nothing happened.");
  const id = app.app.ids.next<SecurityEventId>();
  await app.app.db
    .insert(securityEvents)
    .values({ ...first, ...draft, id, occurredAt: timeOfId(id), details: { sessionId: `${MANY}` } });
  await eventually(() => followed.results.some((result) => numberOf(result) === MANY), "the last of it");
  expect(followed.errors).toEqual([]);
  expect(followed.results.map(numberOf)).toEqual(Array.from({ length: MANY + 1 }, (_, n) => n));
  await live.stop();
});
