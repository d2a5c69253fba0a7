export { AsyncQueue } from "./async-queue.ts";
export { InMemoryPubSub, type PubSub } from "./pubsub.ts";
export { RedisPubSub } from "./redis-pubsub.ts";
