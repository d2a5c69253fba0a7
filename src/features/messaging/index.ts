export { EVENT_TYPES, jsonSchemaOf, schemaFileOf } from "./events/event-schemas.ts";
export { messagingFeature } from "./feature.ts";
export { REQUESTS } from "./requests/request-definitions.ts";
export { RequestHandler } from "./requests/request-handler.ts";
