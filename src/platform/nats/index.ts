export { Nats, type NatsConnection } from "./nats.ts";
export type { NatsSettings } from "./nats-options.ts";
