import type { FastifyCorsOptions } from "@fastify/cors";
import { corsFor, isListedOrigin } from "#platform/cors";

/** Said to a page that may not call; also in the answer to its preflight. */
export const UNLISTED_ORIGIN = "Pages of this origin may not call this API: the setting CORS_ORIGINS does not list it.";

/** Pages of other origins read no route, such as the mailbox or the metrics, unless the route allows it (`config.cors`). */
export const closedCors: FastifyCorsOptions = { origin: false };

/** Which pages of other origins may call /graphql. */
export const graphqlCors = (origins: readonly string[] | undefined): FastifyCorsOptions =>
  corsFor(origins, { methods: ["GET", "POST"], exposedHeaders: ["x-request-id", "retry-after"] });

/**
 * Whether a page of this origin may open a socket. Browsers do not ask before they open one, so the list is checked here; our
 * own pages may, as they may call over HTTP without being listed.
 */
export const mayOpenSocket =
  (origins: readonly string[] | undefined, publicUrl: string): ((origin: string) => boolean) =>
  (origin) =>
    origin === new URL(publicUrl).origin || isListedOrigin(origins, origin);
