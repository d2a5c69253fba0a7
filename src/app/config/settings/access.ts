import { z } from "zod";
import { setting } from "#platform/setting-docs";
import { count, flag, origins, ringKeys } from "#platform/setting-kinds";

/** Keys, password hashing, and who may connect. */
export const ACCESS = {
  SECRET_KEYS: setting(ringKeys.optional(), {
    subject: "Keys and tokens",
    description:
      "The key ring that encrypts secrets at rest and signs tokens. The first key encrypts and signs; all keys decrypt and verify. Create one with " +
      '`echo "k1:$(openssl rand -base64 32)"`. A new key comes last on all replicas before it comes first on any; [Keys](operations.md#keys) describes when to remove the old one.',
    example: "k1:BASE64_OF_32_RANDOM_BYTES",
    value: "`name:base64 of 32 bytes`, separated by commas",
    default: "a key file under `DATA_DIR`",
  }),

  ARGON2_MEMORY_KIB: setting(count(8, 4_194_304).default(19_456), {
    subject: "Password hashing",
    description:
      "Memory of one argon2id hash. After a change of the parameters, the hash of each user is replaced at their next login.",
    example: "65536",
  }),
  ARGON2_PASSES: setting(count(1, 100).default(2), {
    subject: "Password hashing",
    description: "Passes over that memory.",
    example: "3",
  }),
  ARGON2_PARALLELISM: setting(count(1, 64).default(1), {
    subject: "Password hashing",
    description: "Lanes that one hash computes in parallel.",
    example: "1",
  }),
  HASHING_BACKEND: setting(z.enum(["auto", "argon2", "node-rs"]).default("auto"), {
    subject: "Password hashing",
    description:
      "The native module that computes hashes; `auto` chooses the faster of those that work on this machine.",
    example: "node-rs",
  }),
  HASHING_QUEUE: setting(count(0, 100_000).optional(), {
    subject: "Password hashing",
    description: "How many logins can wait for a hash; further ones are refused with `SERVICE_UNAVAILABLE`.",
    example: "256",
    default: "64 for each hash that runs concurrently",
  }),
  UV_THREADPOOL_SIZE: setting(count(1, 1_024).default(4), {
    subject: "Password hashing",
    description:
      "Node's own setting, which Node reads before any file: set it in the environment, not in `.env`. The number of cores + 2 lets all cores compute hashes.",
    example: "10",
  }),

  CORS_ORIGINS: setting(origins.optional(), {
    subject: "HTTP and WebSockets",
    description: "The origins of your frontends. Production does not accept `*`.",
    example: "https://app.example.com,https://admin.example.com",
    value: "origins (`scheme://host[:port]`), separated by commas",
    default: "pages on this computer",
  }),
  INTROSPECTION: setting(flag.optional(), {
    subject: "HTTP and WebSockets",
    description: "Whether every client can read the schema (introspection, and `_service` of the subgraph).",
    example: "true",
    default: "`true`, in production `false`",
  }),
  TRUSTED_PROXY_HOPS: setting(count(0, 16).default(0), {
    subject: "HTTP and WebSockets",
    description:
      "How many of your reverse proxies are in front of the server; this many entries of `X-Forwarded-For` are trusted.",
    example: "1",
  }),
  KEEP_ALIVE_SECONDS: setting(count(1, 3_600).default(72), {
    subject: "HTTP and WebSockets",
    description:
      "How long an idle HTTP connection stays open. It must be longer than the idle timeout of a load balancer in front (AWS: 60 seconds).",
    example: "120",
  }),
  SOCKETS_PER_PROCESS: setting(count(0, 1_000_000).default(10_000), {
    subject: "HTTP and WebSockets",
    description:
      "How many WebSockets (live events) one process keeps open; a thousand use about 60 MB. `0` turns live events off.",
    example: "2000",
  }),
  SOCKETS_PER_ADDRESS: setting(count(1, 1_000_000).default(200), {
    subject: "HTTP and WebSockets",
    description:
      "How many of them one client address may open; an IPv6 address counts as its /64 network. The users of an office can share an address.",
    example: "500",
  }),
  METRICS_TOKEN: setting(z.string().min(16).optional(), {
    subject: "HTTP and WebSockets",
    description: "The bearer token for `/metrics`.",
    example: "a-long-random-text",
    value: "text of 16 characters or more",
    default: "`/metrics` needs no token; in production it only answers requests of the same machine",
  }),
};
