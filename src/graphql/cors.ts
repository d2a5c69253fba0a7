import type { FastifyCorsOptions } from "@fastify/cors";
import { isLoopback } from "#shared/loopback";

/** Said to a page that may not call; also in the answer to its preflight. */
export const UNLISTED_ORIGIN = "Pages of this origin may not call this API: the setting CORS_ORIGINS does not list it.";

/** Pages of other origins read no route, such as the mailbox or the metrics, unless the route allows it (`config.cors`). */
export const closedCors: FastifyCorsOptions = { origin: false };

/**
 * Which pages of other origins may call /graphql. They may send any header: tracing tools add theirs to every request. The
 * wildcard (development only) allows pages of any origin to call without cookies.
 */
export const graphqlCors = (origins: readonly string[] | undefined): FastifyCorsOptions => ({
  ...(origins?.includes("*")
    ? { origin: "*", credentials: false }
    : {
        origin: (origin, answer) => answer(null, origin !== undefined && isListed(origins, origin)),
        credentials: true,
      }),
  methods: ["GET", "POST"],
  exposedHeaders: ["x-request-id", "retry-after"],
  maxAge: 600,
});

/** Without a list (development only): pages that this computer serves, on any port. */
const isListed = (origins: readonly string[] | undefined, origin: string): boolean =>
  origins ? origins.includes(origin) : isLocalPage(origin);

const isLocalPage = (origin: string): boolean => {
  const [, host] = /^https?:\/\/([\w.-]+|\[::1\])(?::\d+)?$/.exec(origin) ?? [];
  return host !== undefined && isLoopback(host);
};

/**
 * Whether a page of this origin may open a socket. Browsers do not ask before they open one, so the list is checked here; our
 * own pages may, as they may call over HTTP without being listed.
 */
export const mayOpenSocket =
  (origins: readonly string[] | undefined, publicUrl: string): ((origin: string) => boolean) =>
  (origin) =>
    origin === new URL(publicUrl).origin || isListed(origins, origin);
