import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventOutbox } from "#features/messaging/events/event-outbox.table";
import type { UserId } from "#shared/ids";
import { signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { findFreePort } from "../../support/servers/ports.ts";

const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";

let app: TestApp;
beforeAll(async () => {
  // No server listens on that port, so all events wait.
  app = await startTestApp({ settings: { NATS_URL: `nats://127.0.0.1:${await findFreePort()}` } });
});
afterAll(() => app?.stop());

it("queued events of a deleted user are published, but without address, device and location", async () => {
  const [alice, bob] = [await signUp(app), await signUp(app)];
  const waitingOf = ({ id }: { readonly id: string }) =>
    app.app.db
      .select()
      .from(eventOutbox)
      .where(eq(eventOutbox.userId, id as UserId));
  const before = await waitingOf(alice);
  expect(before.map(({ entry }) => entry.ipAddress)).not.toContain(null);
  await alice.client.ask(DELETE, { input: { password: alice.password } });

  const after = await waitingOf(alice);
  expect(after.map(({ entry }) => entry.type)).toContain("ACCOUNT_DELETED");
  expect(after.slice(0, before.length).map(({ entry }) => [entry.type, entry.details])).toEqual(
    before.map(({ entry }) => [entry.type, entry.details]),
  );
  for (const { entry } of after.slice(0, before.length))
    expect(entry).toMatchObject({ ipAddress: null, device: null, location: null });
  for (const { entry } of await waitingOf(bob)) expect(entry.ipAddress).not.toBeNull();
});
