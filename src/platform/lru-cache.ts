import { LRUCache } from "lru-cache";

/**
 * Keeps so many entries, those used last. Its memory grows with its content: given `max` instead, LRUCache reserves all of it when
 * the process starts.
 */
export const createLruCache = <Key extends {}, Value extends {}>(entries: number): LRUCache<Key, Value> =>
  new LRUCache({ maxSize: entries, sizeCalculation: () => 1 });
