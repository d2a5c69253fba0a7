import type { FastifyCorsOptions } from "@fastify/cors";

/** Which pages of other origins may call, and what they may send and read. */
export const corsOptions = (origins: readonly string[] | undefined): FastifyCorsOptions => ({
  origin: origins
    ? [...origins]
    : (origin, answer) => answer(null, origin !== undefined && isDevelopmentOrigin(origin)),
  credentials: true,
  methods: ["GET", "POST"],
  allowedHeaders: [
    "authorization",
    "content-type",
    "apollo-require-preflight",
    "x-apollo-operation-name",
    // Apollo Client names the frontend and its version.
    "apollographql-client-name",
    "apollographql-client-version",
    "x-request-id",
  ],
  exposedHeaders: ["x-request-id", "retry-after"],
  maxAge: 600,
});

const APOLLO_ORIGINS = new Set(["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"]);

/** For development: pages on this computer, and the Sandbox. Production names its origins. */
const isDevelopmentOrigin = (origin: string): boolean =>
  APOLLO_ORIGINS.has(origin) || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);

/**
 * Whether a page of this origin may open a socket. Browsers ask nobody's leave for it, so the list is held here; pages of our
 * own may, as they may call over HTTP without being on any list.
 */
export const mayOpenSocket =
  (origins: readonly string[] | undefined, publicUrl: string): ((origin: string) => boolean) =>
  (origin) =>
    origin === new URL(publicUrl).origin || (origins ? origins.includes(origin) : isDevelopmentOrigin(origin));
