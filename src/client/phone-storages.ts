import type { SyncStorage, TokenStorage } from "./globals.ts";

/** The parts of Expo's SecureStore that are needed: `import * as SecureStore from "expo-secure-store"`. */
export interface SecureStore<Options> {
  getItemAsync(key: string, options?: Options): Promise<string | null>;
  setItemAsync(key: string, value: string, options?: Options): Promise<void>;
  deleteItemAsync(key: string, options?: Options): Promise<void>;
}

/** SecureStore accepts 2048 bytes, and a character of a string takes up to three. */
const MAX_PART = 680;
/** Begins a part that another one follows. Stored values are JSON or base64url, which do not begin with it. */
const CONTINUED = "+";

/**
 * Storage in the keychain (iOS) or encrypted by the key store (Android), by Expo's SecureStore. Values above its limit are stored in
 * parts.
 *
 * @param options passed to each call, such as `keychainAccessible`
 */
export const createSecureStorage = <Options>(store: SecureStore<Options>, options?: Options): TokenStorage => {
  const keyOf = (key: string, part: number): string => (part === 0 ? key : `${key}.${part}`);
  const read = (key: string, part: number) => store.getItemAsync(keyOf(key, part), options);
  const removeFrom = async (key: string, first: number): Promise<void> => {
    for (let part = first; (await read(key, part)) !== null; part++)
      await store.deleteItemAsync(keyOf(key, part), options);
  };
  return {
    async getItem(key) {
      let value = "";
      for (let part = 0; ; part++) {
        const text = await read(key, part);
        // Nothing is stored, or the app was closed while a value was being written.
        if (text === null) return null;
        if (!text.startsWith(CONTINUED)) return value + text;
        value += text.slice(CONTINUED.length);
      }
    },
    async setItem(key, value) {
      const parts = value.match(new RegExp(`[^]{1,${MAX_PART}}`, "g")) ?? [""];
      // The first part is written last. An interrupted write leaves no JSON, which counts as nothing stored.
      for (let part = parts.length - 1; part >= 0; part--) {
        const mark = part < parts.length - 1 ? CONTINUED : "";
        await store.setItemAsync(keyOf(key, part), mark + parts[part], options);
      }
      await removeFrom(key, parts.length);
    },
    removeItem: (key) => removeFrom(key, 0),
  };
};

/** The parts of an MMKV instance that are needed (`react-native-mmkv`; before version 4, `remove` is `delete`). */
export interface Mmkv {
  getString(key: string): string | undefined;
  set(key: string, value: string): void;
  remove?(key: string): unknown;
  delete?(key: string): unknown;
}

/** Storage in MMKV, or another store with synchronous calls. Create it with an `encryptionKey`, which a keychain holds. */
export const createMmkvStorage = (store: Mmkv): SyncStorage => ({
  getItem: (key) => store.getString(key) ?? null,
  setItem: (key, value) => store.set(key, value),
  removeItem(key) {
    if (store.remove) store.remove(key);
    else store.delete?.(key);
  },
});
