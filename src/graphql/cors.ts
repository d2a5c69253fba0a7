import type { FastifyCorsOptions } from "@fastify/cors";

/** Which pages of other origins may call, and what they may send and read. */
export const corsOptions = (origins: readonly string[] | undefined): FastifyCorsOptions => ({
  origin: origins ? [...origins] : developmentOrigins,
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
const developmentOrigins = (
  origin: string | undefined,
  answer: (error: Error | null, allowed: boolean) => void,
): void =>
  answer(
    null,
    origin !== undefined &&
      (APOLLO_ORIGINS.has(origin) || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)),
  );
