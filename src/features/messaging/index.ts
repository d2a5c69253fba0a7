export { EVENT_TYPES, jsonSchemaOf, schemaFileOf } from "./events/event-schemas.ts";
export { messagingFeature } from "./feature.ts";
export { NAMED_REQUESTS } from "./requests/named-requests.ts";
export { Responder } from "./requests/responder.ts";
