import type { FastifyCorsOptions } from "@fastify/cors";
import { isLoopback } from "#shared/loopback";

/** For public documents that are the same for every reader: pages of any origin may read them. */
export const PUBLIC_CORS = { origin: "*", credentials: false } as const;

/**
 * Lets pages of the listed origins call a route. They may send any header, because tracing tools add theirs to every request. The
 * wildcard (development only) allows pages of any origin to call without cookies.
 */
export const corsFor = (
  origins: readonly string[] | undefined,
  { methods, exposedHeaders }: { readonly methods: string[]; readonly exposedHeaders: string[] },
): FastifyCorsOptions => ({
  ...(origins?.includes("*")
    ? { origin: "*", credentials: false }
    : {
        origin: (origin, answer) => answer(null, origin !== undefined && isListedOrigin(origins, origin)),
        credentials: true,
      }),
  methods,
  exposedHeaders,
  maxAge: 600,
});

/**
 * Whether the setting CORS_ORIGINS lists it. Without a list (development only): whether this computer serves the page, on any
 * port.
 */
export const isListedOrigin = (origins: readonly string[] | undefined, origin: string): boolean =>
  origins ? origins.includes(origin) : isLocalPage(origin);

const isLocalPage = (origin: string): boolean => {
  const [, host] = /^https?:\/\/([\w.-]+|\[::1\])(?::\d+)?$/.exec(origin) ?? [];
  return host !== undefined && isLoopback(host);
};
