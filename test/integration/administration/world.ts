import { randomBytes } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import {
  AdministrationService,
  DirectoryService,
  OperatorsService,
} from "../../../src/features/administration/index.ts";
import { type SecurityEventDraft, SecurityHistory, SecurityLog } from "../../../src/features/audit/index.ts";
import { securityEvents } from "../../../src/features/audit/security-events.table.ts";
import { createClient, DevicesService } from "../../../src/features/devices/index.ts";
import { LinksService } from "../../../src/features/links/index.ts";
import { LoginAttemptsService } from "../../../src/features/login/index.ts";
import {
  ActivityRecorder,
  noSessionCache,
  RefreshTokens,
  type Session,
  SessionAuthenticator,
  SessionsService,
  SessionTokensService,
  sessions,
} from "../../../src/features/sessions/index.ts";
import { type Tenant, TenantsService, tenants } from "../../../src/features/tenants/index.ts";
import { AccessTokens, SigningKeys } from "../../../src/features/tokens/index.ts";
import {
  canonicalEmail,
  canonicalUsername,
  insertUser,
  type NewUser,
  type User,
  UsersService,
  users,
} from "../../../src/features/users/index.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { openDatabase } from "../../../src/platform/database/database.ts";
import { createIds } from "../../../src/platform/ids.ts";
import { jobQueue } from "../../../src/platform/jobs/jobs.ts";
import { createLogger } from "../../../src/platform/logging.ts";
import { MailQueue } from "../../../src/platform/mail/index.ts";
import { KeyRing } from "../../../src/platform/secrets.ts";
import type { Viewer } from "../../../src/shared/viewer.ts";
import { createTestDatabase } from "../../support/database.ts";

/** Somebody signed in, at a device. */
export interface Person {
  readonly user: User;
  readonly session: Session;
  readonly viewer: Viewer;
  readonly client: ReturnType<typeof createClient>;
}

const LIFETIMES = { refreshTokenDays: 7, maxDays: 30, graceSeconds: 10 };

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** The services of administration on a database of their own, with the real ones they stand on, and people to act. */
export async function createWorld() {
  const database = await createTestDatabase();
  const { db, close } = openDatabase({ url: database.url, poolSize: 10 });
  const clock = systemClock;
  const ids = createIds(clock);
  const keyRing = new KeyRing([{ id: "test", secret: randomBytes(32) }]);
  const keys = new SigningKeys({ db, clock, keyRing, algorithm: "EdDSA", accessTokenSeconds: 900 });
  await keys.start();
  const activity = new ActivityRecorder({ db, log: createLogger({ level: "error" }) });

  const log = new SecurityLog({ ids });
  const mails = new MailQueue({ jobs: jobQueue });
  const pages = { verifyEmail: "http://test/v", resetPassword: "http://test/r", undoEmailChange: "http://test/u" };
  const links = new LinksService({ db, clock, ids, keys: keyRing, pages });
  const tenantsService = new TenantsService({ db });
  const usersService = new UsersService({ db });
  const devices = new DevicesService({ db, clock, ids });
  const sessionsService = new SessionsService({
    db,
    clock,
    ids,
    cache: noSessionCache,
    log,
    lifetimes: LIFETIMES,
  });
  const accessTokens = new AccessTokens({
    keys,
    clock,
    ids,
    issuer: "test",
    audience: "test",
    accessTokenSeconds: 900,
  });
  const authenticator = new SessionAuthenticator({ db, clock, cache: noSessionCache, accessTokens, activity });
  const refreshTokens = new RefreshTokens({ keyRing });
  const tokens = new SessionTokensService({
    db,
    clock,
    accessTokens,
    refreshTokens,
    sessions: sessionsService,
    log,
    mails,
    lifetimes: LIFETIMES,
  });

  const newUser = async (tenant: Tenant, traits: Partial<NewUser> = {}): Promise<User> => {
    const id = ids.next<User["id"]>();
    const email = traits.email ?? `${id}@example.com`;
    const user = await insertUser(db, {
      id,
      tenantId: tenant.id,
      emailVerified: true,
      status: "ACTIVE",
      createdAt: clock.now(),
      ...traits,
      email,
      emailCanonical: canonicalEmail(email),
      usernameCanonical: traits.username ? canonicalUsername(traits.username) : null,
    });
    if (user === null) throw new Error(`${email} is taken.`);
    return user;
  };

  const signIn = async (user: User, ipAddress = "203.0.113.7"): Promise<Person> => {
    const client = createClient(ipAddress, FIREFOX);
    const session = await db.transaction(async (tx) => {
      const device = devices.recognised(null, null);
      await devices.remember(tx, user, device, client);
      return sessionsService.open(tx, user, { client, device, methods: ["PASSWORD"] });
    });
    const { userId, tenantId, authenticatedAt } = session;
    return {
      user,
      session,
      client,
      viewer: { userId, tenantId, sessionId: session.id, roles: user.roles, authenticatedAt },
    };
  };

  return {
    db,
    ids,
    tenants: tenantsService,
    sessions: sessionsService,
    authenticator,
    tokens,
    administration: new AdministrationService({ users: usersService, sessions: sessionsService, log }),
    directory: new DirectoryService({ db, clock, users: usersService }),
    operators: new OperatorsService({
      db,
      clock,
      ids,
      tenants: tenantsService,
      sessions: sessionsService,
      links,
      mails,
      log,
    }),
    links,
    attempts: new LoginAttemptsService({ db, users: usersService }),
    history: new SecurityHistory({ db, ensureUserVisible: (viewer, id) => usersService.getVisible(viewer, id) }),

    newUser,
    signIn,

    async newTenant(): Promise<Tenant> {
      const id = ids.next<Tenant["id"]>();
      const [row] = await db.insert(tenants).values({ id, slug: id, name: id, createdAt: clock.now() }).returning();
      if (row === undefined) throw new Error("The tenant was not inserted.");
      return row;
    },

    /** Somebody new with these roles, signed in. */
    async newPerson(tenant: Tenant, ...roles: User["roles"]): Promise<Person> {
      return signIn(await newUser(tenant, { roles: ["USER", ...roles] }));
    },

    record: (...drafts: SecurityEventDraft[]) => log.record(db, ...drafts),

    async reload({ id }: Pick<User, "id">): Promise<User> {
      const [row] = await db.select().from(users).where(eq(users.id, id));
      if (row === undefined) throw new Error("The user is gone.");
      return row;
    },

    sessionsOf: ({ id }: Pick<User, "id">) =>
      db.select().from(sessions).where(eq(sessions.userId, id)).orderBy(asc(sessions.id)),

    eventsOf: ({ id }: Pick<User, "id">) =>
      db.select().from(securityEvents).where(eq(securityEvents.userId, id)).orderBy(asc(securityEvents.id)),

    async close() {
      await activity.stop();
      await close();
      await database.drop();
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
