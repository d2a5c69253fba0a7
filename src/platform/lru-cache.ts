import { LRUCache } from "lru-cache";

/**
 * Keeps this many of the most recently used entries. Its memory grows with its contents: with `max`, LRUCache would reserve all
 * of it when the process starts.
 */
export const createLruCache = <Key extends {}, Value extends {}>(entries: number): LRUCache<Key, Value> =>
  new LRUCache({ maxSize: entries, sizeCalculation: () => 1 });
