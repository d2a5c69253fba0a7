// type-graphql wants its polyfill before the first decorator runs.
import "reflect-metadata";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { EventDelivery, eventSchemaRoutes, NAMED_REQUESTS, Responder } from "#features/messaging/index";
import { noSessionCache, redisSessionCache } from "#features/sessions/index";
import { SigningKeys } from "#features/tokens/index";
import { toAppError } from "#graphql/errors";
import { inProcess } from "#graphql/in-process";
import { type Health, operationsRoutes } from "#graphql/operations.routes";
import { buildServedSchema } from "#graphql/schema";
import { createServer } from "#graphql/server";
import { wellKnownRoutes } from "#graphql/well-known.routes";
import { LocalAnnouncements, RedisAnnouncements } from "#platform/announcements/index";
import { type LocalClock, steadyClock } from "#platform/clock";
import { openDatabase } from "#platform/database/database";
import { DatabaseClock } from "#platform/database/database-clock";
import { isDatabaseAway } from "#platform/database/errors";
import { ensurePartitions } from "#platform/database/partitions";
import { WriteProbe } from "#platform/database/write-probe";
import { createIds } from "#platform/ids";
import { jobQueue } from "#platform/jobs/jobs";
import { startWorker } from "#platform/jobs/worker";
import { Limits } from "#platform/limits/limits";
import { linkPages } from "#platform/link-pages/index";
import { listenOn } from "#platform/listening";
import type { Logger } from "#platform/logging";
import {
  MailBudgets,
  Mailbox,
  MailCatalogue,
  Mailer,
  MailQueue,
  mailboxPage,
  NoticeDigests,
  smtpTransport,
} from "#platform/mail/index";
import { Metrics } from "#platform/metrics";
import { Nats } from "#platform/nats/index";
import { OutgoingClient } from "#platform/outgoing/index";
import { createPasswordHashing } from "#platform/password-hashing/index";
import { Networks, Places } from "#platform/places/index";
import { openRedis, openRedisSubscriber } from "#platform/redis/redis";
import { TrustedRedis } from "#platform/redis/trusted-redis";
import { SECOND } from "#shared/durations";
import { PRODUCT } from "#shared/product";
import type { Config } from "./config.ts";
import type { Foundation } from "./foundation.ts";
import { recurringTasksOf, tasksOf } from "./jobs.ts";
import { MAILS, PAGES } from "./mails.ts";
import { buildResolvers } from "./resolvers.ts";
import { buildServices } from "./services.ts";

/** Milliseconds, while the server stops. */
const CLOSE_IDLE_EVERY = 50;

/** The whole program, built once and by hand; nothing listens and no job runs until it is told to. */
export const createApp = async (
  config: Config,
  { databaseUrl, keyRing }: Foundation,
  log: Logger,
  localClock: LocalClock = steadyClock,
) => {
  const metrics = new Metrics();
  const database = openDatabase({ url: databaseUrl, poolSize: config.databasePoolSize });
  const { db } = database;
  const clock = new DatabaseClock({ db, local: localClock, log });
  await clock.start();
  const ids = createIds(clock);
  const limits = new Limits({ clock });
  const redisClient = config.redisUrl === undefined ? null : openRedis(config.redisUrl);
  const redis = redisClient && new TrustedRedis({ redis: redisClient, database, log });
  const announcements =
    config.redisUrl === undefined || redisClient === null
      ? new LocalAnnouncements()
      : new RedisAnnouncements({ publisher: redisClient, subscriber: openRedisSubscriber(config.redisUrl), log });
  const nats = config.nats && new Nats({ settings: config.nats, log });
  const delivery =
    config.nats &&
    nats &&
    new EventDelivery({
      nats,
      database,
      clock,
      log,
      publicUrl: config.publicUrl,
      stream: config.nats.stream,
      requestSubjects: Object.keys(NAMED_REQUESTS),
    });
  const catalogue = new MailCatalogue(MAILS);
  const mailbox = config.smtpUrl === undefined ? new Mailbox({ clock }) : null;
  const transport =
    mailbox ??
    smtpTransport({
      url: config.smtpUrl ?? "",
      from: config.mailFrom,
      caFile: config.smtpCaFile,
    });
  const budgets = new MailBudgets({ limits });
  const mails = new MailQueue({ jobs: jobQueue, budgets });
  const digests = new NoticeDigests({ db, clock, jobs: jobQueue, mails, catalogue });
  const keys = new SigningKeys({ db, clock, keyRing, ...config.tokens });
  const places = new Places({ file: config.geoipFile, log });
  const networks = new Networks({ file: config.anonymousNetworksFile, log });
  const outgoing = new OutgoingClient({ privateNetworks: config.outgoingPrivateNetworks });
  const [{ hasher, queue, works }] = await Promise.all([
    createPasswordHashing({
      log,
      ...config.hashing,
      onFinished: ({ waitedMs, ranMs }) => {
        metrics.hashing.observe({ phase: "waiting" }, waitedMs / 1_000);
        metrics.hashing.observe({ phase: "running" }, ranMs / 1_000);
      },
    }),
    keys.start().then(() => keys.follow(database)),
    ensurePartitions(db, clock.now()).catch((error: unknown) => {
      // Until the daily job makes them the default partition takes what happens.
      if (!isDatabaseAway(error)) throw error;
      log.warn({ err: error }, "partitions could not be made yet");
    }),
    redis?.start(),
  ]).catch(async (error: unknown) => {
    // What is open keeps a command from ending.
    announcements.stop();
    redis?.stop();
    transport.close();
    await database.close();
    throw error;
  });

  const cache = redis ? redisSessionCache(redis) : noSessionCache;
  const platform = {
    db,
    clock,
    ids,
    keyRing,
    keys,
    limits,
    hasher,
    mails,
    cache,
    announcements,
    outbox: delivery?.outbox ?? null,
    networks,
    outgoing,
    metrics,
    log,
  };
  const services = buildServices(platform, config);
  const { addressLinks, authenticator, activity, emailCodes, links, liveEvents } = services;
  const schema = buildServedSchema(buildResolvers(services, config), {
    db,
    clock,
    limits,
    log,
    observe: (field, seconds, error) =>
      metrics.fields.observe(
        { field, code: error ? (toAppError(error)?.code ?? "INTERNAL_SERVER_ERROR") : "ok" },
        seconds,
      ),
  });

  const responder =
    nats &&
    new Responder({
      nats,
      prepare: inProcess({ schema, authenticator, places, log, production: config.production }),
      observe: (subject, outcome, seconds) => metrics.natsRequests.observe({ subject, outcome }, seconds),
      log,
    });

  const mailer = new Mailer({
    catalogue,
    product: PRODUCT,
    transport,
    resolveLink: async (id) => (await links.resolve(id)) ?? addressLinks.resolve(id),
    resolveCode: (ref) => emailCodes.resolve(ref),
    takeBudget: (mail) => budgets.take(db, mail),
    hold: (mail, retryAfter) => digests.hold(mail, retryAfter),
    clock,
    log,
  });
  const tasks = tasksOf(services, mailer, digests);
  const recurring = recurringTasksOf(services, platform, config);

  metrics.gauge("portcullis_password_hashes_waiting", "Password hashes that wait for their turn.", () => queue.waiting);
  metrics.gauge("portcullis_password_hashes_running", "Password hashes being computed.", () => queue.running);
  metrics.gauge(
    "portcullis_password_hashes_refused",
    "Password hashes refused because the queue was full.",
    () => queue.refused,
  );

  for (const [module, isWorking] of Object.entries(works)) metrics.hashers.set({ module }, isWorking ? 1 : 0);

  delivery?.measure(metrics);
  metrics.gauge("portcullis_live_event_followers", "Subscriptions to security events.", () => liveEvents.followers);
  metrics.gauge(
    "portcullis_geoip_build_timestamp_seconds",
    "When the place database was made, in Unix time; 0 where there is none.",
    () => Number(places.builtAt) / 1_000,
  );

  let stopping = false;
  const writes = new WriteProbe({ db, log });
  const readiness = async () => {
    const postgres: Health = await db.execute("select 1").then(
      async () => ((await writes.succeed()) ? "up" : "away"),
      () => "away" as const,
    );
    const redisHealth: Health = redis === null ? "off" : redis.trusted ? "up" : "away";
    // Without Redis, NATS or places everything goes on.
    const parts = { postgres, redis: redisHealth, nats: nats?.health ?? ("off" as const), places: places.health };
    return { ready: postgres === "up" && !stopping, parts };
  };

  /**
   * Serves HTTP, and runs jobs where the settings let this process do so; those at set times unless `atSetTimes` is false.
   * Answers what stops both.
   */
  const start = async ({
    atSetTimes = true,
  } = {}): Promise<{
    url: string;
    server: FastifyInstance;
    stop: () => Promise<void>;
  }> => {
    await Promise.all([places.start(), networks.start()]);
    const server = await createServer({ ...config, schema, authenticator, announcements, places, clock, log, metrics });
    await server.register(wellKnownRoutes, {
      issuer: config.tokens.issuer,
      publicUrl: config.publicUrl,
      changePasswordUrl: config.changePasswordUrl,
    });
    await server.register(operationsRoutes, {
      keys,
      metrics,
      metricsToken: config.metricsToken,
      production: config.production,
      readiness,
    });
    await server.register(eventSchemaRoutes);
    await server.register(linkPages, { product: PRODUCT, pages: PAGES });
    if (mailbox && !config.production && !config.exposed) await server.register(mailboxPage, { mailbox });
    server.addHook("onSend", async (_, reply) => {
      // The client's next request goes to another replica.
      if (stopping) reply.header("connection", "close");
    });
    // Before jobs run: where the port is taken there is nothing to undo.
    const url = await listenOn(server, config);
    responder?.start();
    nats?.start();
    // Not waited for: a provider that is down keeps nobody from logging in otherwise.
    void services.identityProviders.check();
    if (config.workerConcurrency > 0) await delivery?.start();
    const worker =
      config.workerConcurrency > 0
        ? await startWorker({
            databaseUrl,
            tasks,
            recurring: atSetTimes ? recurring : {},
            concurrency: config.workerConcurrency,
            log,
          })
        : null;
    if (worker) await services.schemes.start();
    const stop = async () => {
      stopping = true;
      // No proxy stands before these: from now on they go to other replicas.
      const answered = responder?.stop();
      // A load balancer looks at /readyz now and then: until it has looked, requests still come.
      await delay(config.stopDelaySeconds * SECOND);
      // Connections whose last answer is still on its way are closed after it, too: the server by itself waits for them.
      const closeIdle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_EVERY);
      await server.close().finally(() => clearInterval(closeIdle));
      await answered;
      await worker?.stop();
      await delivery?.stop();
      await nats?.stop();
    };
    return { url, server, stop };
  };

  /** Lets go of the database and whatever else is open. */
  const close = async (): Promise<void> => {
    await activity.stop();
    liveEvents.stop();
    announcements.stop();
    redis?.stop();
    places.close();
    networks.close();
    transport.close();
    clock.stop();
    await database.close();
  };

  return {
    start,
    close,
    db,
    clock,
    ids,
    schema,
    keys,
    limits,
    hasher,
    mails,
    mailbox,
    places,
    networks,
    tasks,
    recurring,
    ...services,
  };
};

export type App = Awaited<ReturnType<typeof createApp>>;
