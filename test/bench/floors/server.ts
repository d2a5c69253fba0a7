import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled } from "@apollo/server/plugin/disabled";
import fastifyApollo, { fastifyApolloDrainPlugin } from "@as-integrations/fastify";
import { ApolloArmor } from "@escape.tech/graphql-armor";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import Fastify from "fastify";
import { Redis } from "ioredis";
import { createLocalJWKSet, jwtVerify } from "jose";
import postgres from "postgres";
import { sessions } from "#features/sessions/index";

/**
 * The floor of a GraphQL server on these packages: `constant` returns a fixed value, `sessions` verifies a JWT, reads one key of Redis
 * and the five sessions of a user by an index. Apollo has the product's options that cost time.
 */
const { DATABASE_URL = "", REDIS_URL = "", JWKS = "", PORT } = process.env;

const CACHED = "floor:session";
const redis = new Redis(REDIS_URL);
await redis.set(CACHED, JSON.stringify({ id: "0193", roles: ["USER"], expiresAt: "2026-01-01T00:00:00.000Z" }));
const { id, device, ipAddress, createdAt, lastActivityAt } = sessions;
const listSessions = drizzle(postgres(DATABASE_URL, { max: 20 }))
  .select({ id, device, ipAddress, createdAt, lastActivityAt })
  .from(sessions)
  .where(eq(sessions.userId, sql.placeholder("userId")))
  .limit(5)
  .prepare("floor_sessions");
const keySet = createLocalJWKSet(JSON.parse(JWKS));

const sessionsOf = async (authorization: string) => {
  const { payload } = await jwtVerify(authorization.slice("Bearer ".length), keySet, { typ: "at+jwt" });
  const cached = JSON.parse((await redis.get(CACHED)) ?? "null") as object | null;
  if (cached === null) throw new Error("The floor's key is missing.");
  const rows = await listSessions.execute({ userId: payload.sub });
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    lastActivityAt: row.lastActivityAt.toISOString(),
  }));
};

const app = Fastify();
const armor = new ApolloArmor().protect();
const apollo = new ApolloServer<{ authorization: string }>({
  typeDefs: `
    type Query { constant: User! sessions: [Session!]! }
    type User { id: ID! email: String! }
    type Session { id: ID! device: Device! ipAddress: String! createdAt: String! lastActivityAt: String! }
    type Device { label: String! type: String! }`,
  resolvers: {
    Query: {
      constant: () => ({ id: "0193", email: "user@example.com" }),
      sessions: (_source: unknown, _args: unknown, { authorization }: { authorization: string }) =>
        sessionsOf(authorization),
    },
  },
  csrfPrevention: true,
  formatError: (formatted) => formatted,
  validationRules: [...armor.validationRules],
  plugins: [fastifyApolloDrainPlugin(app), ApolloServerPluginCacheControlDisabled()],
});
await apollo.start();
await app.register(fastifyApollo(apollo), {
  context: async ({ headers }) => ({ authorization: headers.authorization ?? "" }),
});
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
