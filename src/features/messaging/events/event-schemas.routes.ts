import type { FastifyPluginAsync } from "fastify";
import { EVENT_TYPES, type EventType, jsonSchemaOf, schemaFileOf } from "./event-schemas.ts";

/** How long a schema may be cached, in seconds. */
const MAX_AGE_SECONDS = 3_600;

/** Serves the JSON Schema of each event's data, at the URL given in the events. */
export const eventSchemaRoutes: FastifyPluginAsync = async (app) => {
  for (const type of EVENT_TYPES) {
    app.get(`/events/${schemaFileOf(type)}`, async (_, reply) =>
      reply
        .header("content-type", "application/schema+json")
        .header("cache-control", `public, max-age=${MAX_AGE_SECONDS}`)
        .header("access-control-allow-origin", "*")
        .send(textOf(type)),
    );
  }
};

const texts = new Map<EventType, string>();

/** Generated when it is first requested, because all of them would cost each start of the program 50 ms. */
const textOf = (type: EventType): string => {
  const text = texts.get(type) ?? JSON.stringify(jsonSchemaOf(type), null, 2);
  texts.set(type, text);
  return text;
};
