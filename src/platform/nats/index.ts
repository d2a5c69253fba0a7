export { Nats, type NatsConnection } from "./nats.ts";
