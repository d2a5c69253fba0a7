import type { FastifyCorsOptions } from "@fastify/cors";
import { corsFor, isListedOrigin } from "#platform/cors";

/** The error for a page that may not call; also sent in response to its preflight. */
export const UNLISTED_ORIGIN = "Pages of this origin may not call this API: the setting CORS_ORIGINS does not list it.";

/**
 * By default, pages of other origins cannot read any route, such as the mailbox or the metrics. A route can allow it
 * (`config.cors`).
 */
export const closedCors: FastifyCorsOptions = { origin: false };

/** Which pages of other origins may call /graphql. */
export const graphqlCors = (origins: readonly string[] | undefined): FastifyCorsOptions =>
  corsFor(origins, { methods: ["GET", "POST"], exposedHeaders: ["x-request-id", "retry-after"] });

/**
 * Whether a page of this origin may open a socket. Browsers do not send a preflight before they open one, so the list is checked
 * here. The server's own pages are allowed without being listed, as over HTTP.
 */
export const mayOpenSocket =
  (origins: readonly string[] | undefined, publicUrl: string): ((origin: string) => boolean) =>
  (origin) =>
    origin === new URL(publicUrl).origin || isListedOrigin(origins, origin);
