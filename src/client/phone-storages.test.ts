import { describe, expect, it } from "vitest";
import { createMmkvStorage, createSecureStorage } from "./phone-storages.ts";

/** Expo's SecureStore: it rejects longer values and other characters in keys. */
const secureStore = () => {
  const items = new Map<string, string>();
  const options: unknown[] = [];
  const check = (key: string, value = "") => {
    if (!/^[\w.-]+$/.test(key)) throw new Error(`Invalid key: ${key}`);
    if (new TextEncoder().encode(value).length > 2_048) throw new Error("Value is too long.");
  };
  return {
    items,
    options,
    async getItemAsync(key: string, given?: object) {
      check(key);
      options.push(given);
      return items.get(key) ?? null;
    },
    async setItemAsync(key: string, value: string, given?: object) {
      check(key, value);
      options.push(given);
      items.set(key, value);
    },
    async deleteItemAsync(key: string, given?: object) {
      check(key);
      options.push(given);
      items.delete(key);
    },
  };
};

describe("storage in SecureStore", () => {
  it.each([0, 1, 679, 680, 681, 1_360, 2_048, 5_000])(
    "returns a value of %i characters as it was stored",
    async (length) => {
      const store = secureStore();
      const storage = createSecureStorage(store);
      const value = "€".repeat(length);
      await storage.setItem("key", value);
      expect(await storage.getItem("key")).toBe(value);
      await storage.removeItem("key");
      expect([await storage.getItem("key"), store.items.size]).toEqual([null, 0]);
    },
  );

  it("leaves no part of a longer value, and reads a value that was stored without it", async () => {
    const store = secureStore();
    const storage = createSecureStorage(store);
    await storage.setItem("key", "x".repeat(5_000));
    await storage.setItem("key", "[]");
    expect([...store.items]).toEqual([["key", "[]"]]);
    store.items.set("other", '{"sessionId":"s1"}');
    expect(await storage.getItem("other")).toBe('{"sessionId":"s1"}');
  });

  it("finds nothing if a part is missing", async () => {
    const store = secureStore();
    const storage = createSecureStorage(store);
    await storage.setItem("key", "x".repeat(2_000));
    store.items.delete("key.1");
    expect(await storage.getItem("key")).toBeNull();
  });

  it("passes its options to each call", async () => {
    const store = secureStore();
    const options = { keychainAccessible: 1 };
    const storage = createSecureStorage(store, options);
    await storage.setItem("key", "x".repeat(700));
    await storage.getItem("key");
    await storage.removeItem("key");
    expect(new Set(store.options)).toEqual(new Set([options]));
  });
});

describe("storage in MMKV", () => {
  it.each(["remove", "delete"])("stores, reads and deletes, by `%s`", (name) => {
    const items = new Map<string, string>();
    const storage = createMmkvStorage({
      getString: (key) => items.get(key),
      set: (key, value) => void items.set(key, value),
      [name]: (key: string) => items.delete(key),
    });
    storage.setItem("key", "value");
    expect(storage.getItem("key")).toBe("value");
    storage.removeItem("key");
    expect([storage.getItem("key"), items.size]).toEqual([null, 0]);
  });
});
