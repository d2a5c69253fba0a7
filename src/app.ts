// type-graphql wants its polyfill before the first decorator runs.
import "reflect-metadata";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { ClassType } from "type-graphql";
import type { Config } from "./config.ts";
import { AccountResolver, AccountService, EmailChangeService } from "./features/account/index.ts";
import {
  AdministrationResolver,
  AdministrationService,
  DirectoryResolver,
  DirectoryService,
  OperatorsService,
} from "./features/administration/index.ts";
import { SecurityEventsResolver, SecurityHistory, SecurityLog, securityEventNodes } from "./features/audit/index.ts";
import { DevicesResolver, DevicesService } from "./features/devices/index.ts";
import { LinksService } from "./features/links/index.ts";
import {
  identifierKeys,
  LoginAttemptsResolver,
  LoginAttemptsService,
  LoginResolver,
  LoginService,
  loginAttemptNodes,
} from "./features/login/index.ts";
import {
  PASSWORD_RESET_REQUEST,
  PasswordResetService,
  PasswordsResolver,
  PasswordsService,
} from "./features/passwords/index.ts";
import { RESEND_VERIFICATION, RegistrationResolver, RegistrationService } from "./features/registration/index.ts";
import {
  ActivityRecorder,
  noSessionCache,
  RefreshTokens,
  redisSessionCache,
  SessionAuthenticator,
  SessionsResolver,
  SessionsService,
  SessionTokensService,
  sessionNodes,
  UserSessionsResolver,
} from "./features/sessions/index.ts";
import { TenantsResolver, TenantsService, tenantNodes } from "./features/tenants/index.ts";
import { AccessTokens, SigningKeys } from "./features/tokens/index.ts";
import { UserImportService } from "./features/user-import/index.ts";
import { SecurityEventUserResolver, UsersResolver, UsersService, userNodes } from "./features/users/index.ts";
import type { Foundation } from "./foundation.ts";
import { toAppError } from "./graphql/errors.ts";
import { NodeResolver } from "./graphql/node.resolver.ts";
import { type Health, operationsRoutes } from "./graphql/operations.routes.ts";
import { buildServedSchema } from "./graphql/schema.ts";
import { createServer } from "./graphql/server.ts";
import { type Clock, systemClock } from "./platform/clock.ts";
import { openDatabase } from "./platform/database/database.ts";
import { ensurePartitions } from "./platform/database/partitions.ts";
import { createIds } from "./platform/ids.ts";
import { jobQueue, type RecurringTask, type Task } from "./platform/jobs/jobs.ts";
import { startWorker } from "./platform/jobs/worker.ts";
import { Limits } from "./platform/limits/limits.ts";
import { linkPages } from "./platform/link-pages/index.ts";
import type { Logger } from "./platform/logging.ts";
import {
  DELIVER_MAIL,
  Mailbox,
  Mailer,
  MailQueue,
  MailTemplates,
  mailboxPage,
  smtpTransport,
} from "./platform/mail/index.ts";
import { Metrics } from "./platform/metrics.ts";
import { createPasswordHashing } from "./platform/password-hashing/index.ts";
import { openRedis } from "./platform/redis/redis.ts";
import { TrustedRedis } from "./platform/redis/trusted-redis.ts";
import { SECOND } from "./shared/durations.ts";

const PRODUCT = "Portcullis";

/** Milliseconds, while the server stops. */
const CLOSE_IDLE_EVERY = 50;

/** The whole program, built once and by hand; nothing listens and no job runs until it is told to. */
export const createApp = async (
  config: Config,
  { databaseUrl, keyRing }: Foundation,
  log: Logger,
  clock: Clock = systemClock,
) => {
  const ids = createIds(clock);
  const metrics = new Metrics();
  const database = openDatabase({ url: databaseUrl, poolSize: config.databasePoolSize });
  const { db } = database;
  const limits = new Limits({ clock });
  const redis =
    config.redisUrl === undefined ? null : new TrustedRedis({ redis: openRedis(config.redisUrl), database, log });
  const templates = MailTemplates.load({ product: PRODUCT });
  const mailbox = config.smtpUrl === undefined ? new Mailbox({ clock }) : null;
  const transport = mailbox ?? smtpTransport(config.smtpUrl ?? "", config.mailFrom);
  const mails = new MailQueue({ jobs: jobQueue });
  const keys = new SigningKeys({ db, clock, keyRing, ...config.tokens });
  const [{ hasher, queue }] = await Promise.all([
    createPasswordHashing({
      log,
      ...config.hashing,
      onFinished: ({ waitedMs, ranMs }) => {
        metrics.hashing.observe({ phase: "waiting" }, waitedMs / 1_000);
        metrics.hashing.observe({ phase: "running" }, ranMs / 1_000);
      },
    }),
    keys.start(),
    ensurePartitions(db, clock.now()),
    redis?.start(),
  ]);

  const events = new SecurityLog({ ids });
  const tenants = new TenantsService({ db });
  const users = new UsersService({ db });
  const history = new SecurityHistory({ db, ensureUserVisible: (viewer, userId) => users.getVisible(viewer, userId) });
  const devices = new DevicesService({ db, clock, ids });
  const activity = new ActivityRecorder({ db, log });
  const cache = redis ? redisSessionCache(redis) : noSessionCache;
  const accessTokens = new AccessTokens({ keys, clock, ids, ...config.tokens });
  const lifetimes = config.sessions;
  const sessions = new SessionsService({ db, clock, cache, log: events, lifetimes });
  const authenticator = new SessionAuthenticator({
    db,
    clock,
    cache,
    accessTokens,
    activity,
    onLookup: (source) => metrics.sessionLookups.inc({ source }),
  });
  const tokens = new SessionTokensService({
    db,
    clock,
    accessTokens,
    refreshTokens: new RefreshTokens({ keyRing }),
    sessions,
    log: events,
    mails,
    lifetimes,
  });
  const links = new LinksService({ db, clock, ids, keys: keyRing, pages: config.links });
  const passwords = new PasswordsService({ db, clock, hasher, limits, mails, log: events, sessions, tenants, links });
  const passwordResets = new PasswordResetService({
    db,
    clock,
    jobs: jobQueue,
    mails,
    log: events,
    sessions,
    tenants,
    links,
    passwords,
    // Who reads the account's mail is its owner: guesses that others made no longer hold the login up.
    onPasswordReset: (tx, { emailCanonical, usernameCanonical }) =>
      limits.settle(tx, { reset: identifierKeys([emailCanonical, ...(usernameCanonical ? [usernameCanonical] : [])]) }),
  });
  const registration = new RegistrationService({
    db,
    clock,
    ids,
    jobs: jobQueue,
    mails,
    log: events,
    sessions,
    tenants,
    links,
    passwords,
    revealTakenEmail: config.revealTakenEmail,
  });
  const login = new LoginService({
    db,
    clock,
    ids,
    limits,
    hasher,
    devices,
    sessions,
    tokens,
    passwords,
    log: events,
    mails,
    onOutcome: (outcome) => metrics.logins.inc({ outcome }),
  });
  const attempts = new LoginAttemptsService({ db, users });
  const account = new AccountService({ db, clock, mails, log: events, sessions, passwords });
  const { revealTakenEmail } = config;
  const emailChanges = new EmailChangeService({
    db,
    clock,
    mails,
    log: events,
    sessions,
    links,
    registration,
    revealTakenEmail,
  });
  const administration = new AdministrationService({ users, sessions, log: events });
  const directory = new DirectoryService({ db, clock, users });
  const operators = new OperatorsService({ db, clock, ids, tenants, sessions, links, mails, log: events });
  const userImport = new UserImportService({ db, clock, ids, hasher, tenants, links, log: events });

  const sources = [
    userNodes(users),
    sessionNodes(sessions),
    tenantNodes(tenants),
    securityEventNodes(history),
    loginAttemptNodes(attempts),
  ];
  const resolvers = new Map<ClassType, object>([
    [SecurityEventsResolver, new SecurityEventsResolver({ history })],
    [TenantsResolver, new TenantsResolver({ tenants })],
    [UsersResolver, new UsersResolver({ users, tenants })],
    [SecurityEventUserResolver, new SecurityEventUserResolver({ users })],
    [DevicesResolver, new DevicesResolver({ devices })],
    [SessionsResolver, new SessionsResolver({ sessions, authenticator, tokens, users })],
    [UserSessionsResolver, new UserSessionsResolver({ sessions })],
    [PasswordsResolver, new PasswordsResolver({ passwords, passwordResets })],
    [RegistrationResolver, new RegistrationResolver({ registration })],
    [LoginResolver, new LoginResolver({ login, tenants })],
    [LoginAttemptsResolver, new LoginAttemptsResolver({ attempts, users })],
    [AccountResolver, new AccountResolver({ account, emailChanges })],
    [AdministrationResolver, new AdministrationResolver({ administration })],
    [DirectoryResolver, new DirectoryResolver({ directory })],
    [NodeResolver, new NodeResolver({ sources })],
  ]);
  const schema = buildServedSchema(resolvers, {
    db,
    clock,
    limits,
    observe: (field, seconds, error) =>
      metrics.fields.observe(
        { field, code: error ? (toAppError(error)?.code ?? "INTERNAL_SERVER_ERROR") : "ok" },
        seconds,
      ),
  });

  const mailer = new Mailer({ templates, transport, resolveLink: (id) => links.resolve(id), clock, log });
  const tasks: Record<string, Task> = {
    [DELIVER_MAIL]: mailer.deliver,
    [PASSWORD_RESET_REQUEST]: passwordResets.issue,
    [RESEND_VERIFICATION]: registration.resendVerification,
  };
  const recurring: Record<string, RecurringTask> = {
    "sweep-sessions": { crontab: "41 * * * *", run: () => sessions.sweep() },
    "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
    "sweep-limits": { crontab: "*/10 * * * *", run: () => limits.sweep(db) },
    "make-partitions": { crontab: "23 3 * * *", run: () => ensurePartitions(db, clock.now()) },
  };

  metrics.gauge("portcullis_password_hashes_waiting", "Password hashes that wait for their turn.", () => queue.waiting);
  metrics.gauge("portcullis_password_hashes_running", "Password hashes being computed.", () => queue.running);
  metrics.gauge(
    "portcullis_password_hashes_refused",
    "Password hashes refused because the queue was full.",
    () => queue.refused,
  );

  let stopping = false;
  const readiness = async () => {
    const postgres: Health = await db.execute("select 1").then(
      () => "up" as const,
      () => "away" as const,
    );
    const redisHealth: Health = redis === null ? "off" : redis.trusted ? "up" : "away";
    return { ready: postgres === "up" && !stopping, parts: { postgres, redis: redisHealth } };
  };

  /** Serves HTTP, and runs jobs where the settings let this process do so. Answers what stops both. */
  const start = async (): Promise<{ url: string; server: FastifyInstance; stop: () => Promise<void> }> => {
    const server = await createServer({ ...config, schema, authenticator, log, metrics });
    await server.register(operationsRoutes, { keys, metrics, metricsToken: config.metricsToken, readiness });
    await server.register(linkPages, { product: PRODUCT });
    if (mailbox && !config.production) await server.register(mailboxPage, { mailbox });
    server.addHook("onSend", async (_, reply) => {
      // The client's next request goes to another replica.
      if (stopping) reply.header("connection", "close");
    });
    // Before jobs run: where the port is taken there is nothing to undo.
    const url = await server.listen({ host: config.host, port: config.port });
    const worker =
      config.workerConcurrency > 0
        ? await startWorker({ databaseUrl, tasks, recurring, concurrency: config.workerConcurrency, log })
        : null;
    const stop = async () => {
      stopping = true;
      // A load balancer looks at /readyz now and then: until it has looked, requests still come.
      await delay(config.stopDelaySeconds * SECOND);
      // Connections whose last answer is still on its way are closed after it, too: the server by itself waits for them.
      const closeIdle = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_EVERY);
      await server.close().finally(() => clearInterval(closeIdle));
      await worker?.stop();
    };
    return { url, server, stop };
  };

  /** Lets go of the database and whatever else is open. */
  const close = async (): Promise<void> => {
    await activity.stop();
    redis?.stop();
    transport.close();
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
    events,
    history,
    tenants,
    users,
    devices,
    activity,
    sessions,
    authenticator,
    tokens,
    links,
    passwords,
    passwordResets,
    registration,
    login,
    attempts,
    account,
    emailChanges,
    administration,
    directory,
    operators,
    userImport,
    tasks,
  };
};

export type App = Awaited<ReturnType<typeof createApp>>;
