import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { App } from "../../../src/app.ts";
import { KeyRing, type RingKey } from "../../../src/platform/secrets.ts";
import { DAY } from "../../../src/shared/durations.ts";
import { type BuiltApp, buildTestApp } from "../../support/app.ts";
import { addUser, foundTenant } from "../../support/companies.ts";
import { CLIENT, signIn } from "../../support/people.ts";

const newKey = (id: string): RingKey => ({ id, secret: randomBytes(32) });

const [old, young] = [newKey("old"), newKey("young")];

let first: BuiltApp & { close(): Promise<void> };
beforeAll(async () => {
  first = await buildTestApp({ settings: { SECRET_KEYS: `${old.id}:${old.secret.toString("base64")}` } });
});
afterAll(() => first?.close());

const on = async <Result>(keys: readonly RingKey[], act: (app: App) => Promise<Result>): Promise<Result> => {
  const replica = await buildTestApp({ replicaOf: { ...first, keyRing: new KeyRing(keys) } });
  return act(replica.app).finally(() => replica.close());
};

it("a rolling exchange of SECRET_KEYS, as the README has it, logs nobody out and needs the old key no more", async () => {
  const { user, session } = await signIn(first, await addUser(first, await foundTenant(first)));
  let { refreshToken } = await first.app.tokens.issue(session, user);
  const refreshOn = async (...keys: RingKey[]): Promise<void> => {
    ({ refreshToken } = await on(keys, ({ tokens }) => tokens.refresh(refreshToken, CLIENT)));
  };

  // Added last: whoever has it signs with the old one still, which everybody knows.
  await refreshOn(old, young);
  await refreshOn(old);
  // Moved to the front, while others have it last.
  await refreshOn(young, old);
  await refreshOn(old, young);
  await refreshOn(young, old);
  await on([young, old], ({ keys }) => keys.rotate());
  await refreshOn(young, old);

  first.clock.advance(30 * DAY);
  const kid = await on([young], async ({ keys }) => (await keys.current()).kid);
  expect(await on([young, old], async ({ keys }) => (await keys.current()).kid)).toBe(kid);
});
