import type { FastifyPluginAsync } from "fastify";
import { EVENT_TYPES, jsonSchemaOf, schemaFileOf } from "./event-schemas.ts";

/** How long a schema may be cached, in seconds. */
const MAX_AGE_SECONDS = 3_600;

/** Serves the JSON Schema of each event's data, at the URL given in the events. */
export const eventSchemaRoutes: FastifyPluginAsync = async (app) => {
  for (const type of EVENT_TYPES) {
    const schema = JSON.stringify(jsonSchemaOf(type), null, 2);
    app.get(`/events/${schemaFileOf(type)}`, async (_, reply) =>
      reply
        .header("content-type", "application/schema+json")
        .header("cache-control", `public, max-age=${MAX_AGE_SECONDS}`)
        .header("access-control-allow-origin", "*")
        .send(schema),
    );
  }
};
