import { expect, it } from "vitest";
import { createChallengeStore } from "./registration-challenge.ts";

const shared = () => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
};

it("can be read by another tab until it is deleted, and the newest one replaces older ones", async () => {
  const storage = shared();
  const [registered, opened] = [createChallengeStore(storage), createChallengeStore(storage)];
  expect(await opened.find()).toBeNull();
  await registered.keep("older");
  await registered.keep("newer");
  expect(await opened.find()).toBe("newer");
  await opened.forget();
  expect(await registered.find()).toBeNull();
});

it("keeps nothing if a cookie has the challenge", async () => {
  const storage = shared();
  await createChallengeStore(storage).keep(null);
  expect(storage.items.size).toBe(0);
});

it("uses a key that every storage accepts", async () => {
  const storage = shared();
  await createChallengeStore(storage).keep("x");
  for (const key of storage.items.keys()) expect(key).toMatch(/^[\w.-]+$/);
});
