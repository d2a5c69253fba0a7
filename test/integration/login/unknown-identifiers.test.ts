import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFixtures, type Fixtures } from "../administration/fixtures.ts";

let fixtures: Fixtures;
beforeAll(async () => {
  fixtures = await createFixtures();
});
afterAll(() => fixtures.close());

/** Stores attempts as earlier versions of the program did, with the identifier as it was typed. */
const storeAttempts = async (identifiers: readonly string[], userId: string | null = null): Promise<void> => {
  for (const identifier of identifiers)
    await fixtures.db.execute(sql`
      insert into login_attempts (id, occurred_at, user_id, identifier, outcome, risk, ip_address, device)
      values (${fixtures.ids.next()}, ${fixtures.clock.now().toISOString()}, ${userId}, ${identifier}, 'FAILED',
        '{"score":0,"level":"LOW","signals":[]}', '203.0.113.7', '{}')`);
};

const storedIdentifiers = async (): Promise<string[]> => {
  const rows = await fixtures.db.execute<{ identifier: string }>(
    sql`select identifier from login_attempts order by id`,
  );
  return rows.map(({ identifier }) => identifier);
};

describe("identifiers that earlier versions stored", () => {
  it("become digests if they match no user, however many there are; identifiers of users remain", async () => {
    const user = await fixtures.newUser(await fixtures.newTenant());
    const typed = Array.from({ length: 1_203 }, (_, i) => `my secret password ${i % 7}`);
    await storeAttempts(typed);
    await storeAttempts([user.email], user.id);

    await fixtures.unknownIdentifiers.digestStored(fixtures.db);
    const expected = [...typed.map((text) => fixtures.unknownIdentifiers.digest(text)), user.email];
    expect(await storedIdentifiers()).toEqual(expected);
    expect(expected.join()).not.toContain("secret");

    await fixtures.unknownIdentifiers.digestStored(fixtures.db);
    expect(await storedIdentifiers()).toEqual(expected);
  });
});
