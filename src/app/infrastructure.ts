import type { LocalClock } from "#platform/clock";
import { openDatabase } from "#platform/database/database";
import { DatabaseClock } from "#platform/database/database-clock";
import { isDatabaseUnavailable } from "#platform/database/errors";
import { ensurePartitions } from "#platform/database/partitions";
import { AnonymousNetworks, GeoIpDatabase } from "#platform/geoip/index";
import { SafeHttpClient } from "#platform/http-client/index";
import { createIds } from "#platform/ids";
import { jobQueue } from "#platform/jobs/jobs";
import { Limits } from "#platform/limits/limits";
import type { Logger } from "#platform/logging";
import { MailBudgets, Mailbox, MailQueue, smtpTransport } from "#platform/mail/index";
import { Metrics } from "#platform/metrics";
import { Nats } from "#platform/nats/index";
import { createPasswordHashing, measureHashes, measureHashing } from "#platform/password-hashing/index";
import { InMemoryPubSub, RedisPubSub } from "#platform/pubsub/index";
import { EpochCache } from "#platform/redis/epoch-cache";
import { openRedis, openRedisSubscriber } from "#platform/redis/redis";
import { TransactionEvents } from "#platform/transaction-events";
import type { Config } from "./config.ts";
import type { Installation } from "./installation.ts";
import type { Siblings } from "./processes/siblings.ts";

/** Opens everything that does not belong to a feature: connections, clocks, queues. `close` closes all of it. */
export const openInfrastructure = async (
  config: Config,
  { databaseUrl, keyRing }: Installation,
  log: Logger,
  localClock: LocalClock,
  siblings: Siblings,
) => {
  const metrics = new Metrics(() => siblings.metrics());
  const database = openDatabase({ url: databaseUrl, poolSize: config.databasePoolSize });
  const { db } = database;
  const clock = new DatabaseClock({ db, local: localClock, log });
  await clock.start();
  const limits = new Limits({ clock });
  const { redis, pubsub, onPubSub } = openSharedMemory(config, database, log, siblings);
  const mailbox = config.smtpUrl === undefined ? new Mailbox({ clock }) : null;
  const transport =
    mailbox ?? smtpTransport({ url: config.smtpUrl ?? "", from: config.mailFrom, caFile: config.smtpCaFile });
  const budgets = new MailBudgets({ limits });
  const geoip = new GeoIpDatabase({ file: config.geoipFile, log });
  const networks = new AnonymousNetworks({ file: config.anonymousNetworksFile, log });
  const close = async (): Promise<void> => {
    pubsub.stop();
    redis?.stop();
    geoip.close();
    networks.close();
    transport.close();
    clock.stop();
    await database.close();
  };
  const [hashing] = await Promise.all([
    createPasswordHashing({ log, onFinished: measureHashes(metrics), ...config.hashing }),
    ensurePartitions(db, clock.now()).catch((error: unknown) => {
      // Until the daily job creates them, rows go to the default partition.
      if (!isDatabaseUnavailable(error)) throw error;
      log.warn({ err: error }, "failed to create partitions; the daily job retries");
    }),
    redis?.start(),
  ]).catch(async (error: unknown) => {
    // Open connections would keep a command from exiting.
    await close();
    throw error;
  });
  measureHashing(metrics, hashing);
  siblings.connect({ onPubSub, readMetrics: () => metrics.values() });
  metrics.gauge(
    "portcullis_geoip_build_timestamp_seconds",
    "Build time of the geolocation database in Unix time; 0 without one.",
    () => Number(geoip.builtAt) / 1_000,
    { aggregation: "max" },
  );

  const platform = {
    database,
    db,
    clock,
    ids: createIds(clock),
    keyRing,
    limits,
    hasher: hashing.hasher,
    jobs: jobQueue,
    mails: new MailQueue({ jobs: jobQueue, budgets }),
    pubsub,
    hooks: new TransactionEvents(),
    networks,
    geoip,
    httpClient: new SafeHttpClient({ privateNetworks: config.outgoingPrivateNetworks }),
    redis,
    nats: config.nats && new Nats({ settings: config.nats, log }),
    metrics,
    log,
  };
  return { platform, budgets, mailbox, transport, geoip, networks, close };
};

export type Infrastructure = Awaited<ReturnType<typeof openInfrastructure>>;

/** State that replicas share besides the database. With a single replica and no Redis, it stays within that replica. */
const openSharedMemory = (
  { redisUrl }: Pick<Config, "redisUrl">,
  database: ReturnType<typeof openDatabase>,
  log: Logger,
  siblings: Siblings,
) => {
  if (redisUrl === undefined) {
    const pubsub = new InMemoryPubSub((channel, text) => siblings.relay(channel, text));
    return { redis: null, pubsub, onPubSub: pubsub.deliver.bind(pubsub) };
  }
  const client = openRedis(redisUrl);
  const subscriber = openRedisSubscriber(redisUrl);
  return {
    redis: new EpochCache({ redis: client, database, log }),
    pubsub: new RedisPubSub({ publisher: client, subscriber, log }),
    // Redis delivers to every thread and process.
    onPubSub: () => {},
  };
};
