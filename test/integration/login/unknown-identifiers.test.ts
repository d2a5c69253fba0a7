import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../administration/world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** Stores attempts as earlier versions of the program did, with the identifier as it was typed. */
const storeAttempts = async (identifiers: readonly string[], userId: string | null = null): Promise<void> => {
  for (const identifier of identifiers)
    await world.db.execute(sql`
      insert into login_attempts (id, occurred_at, user_id, identifier, outcome, risk, ip_address, device)
      values (${world.ids.next()}, ${world.clock.now().toISOString()}, ${userId}, ${identifier}, 'FAILED',
        '{"score":0,"level":"LOW","signals":[]}', '203.0.113.7', '{}')`);
};

const storedIdentifiers = async (): Promise<string[]> => {
  const rows = await world.db.execute<{ identifier: string }>(sql`select identifier from login_attempts order by id`);
  return rows.map(({ identifier }) => identifier);
};

describe("identifiers that earlier versions stored", () => {
  it("become digests if they match no user, however many there are; identifiers of users remain", async () => {
    const user = await world.newUser(await world.newTenant());
    const typed = Array.from({ length: 1_203 }, (_, i) => `my secret password ${i % 7}`);
    await storeAttempts(typed);
    await storeAttempts([user.email], user.id);

    await world.unknownIdentifiers.digestStored(world.db);
    const expected = [...typed.map((text) => world.unknownIdentifiers.digest(text)), user.email];
    expect(await storedIdentifiers()).toEqual(expected);
    expect(expected.join()).not.toContain("secret");

    await world.unknownIdentifiers.digestStored(world.db);
    expect(await storedIdentifiers()).toEqual(expected);
  });
});
