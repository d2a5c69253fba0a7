import { auditFeature } from "#features/audit/index";
import { devicesFeature } from "#features/devices/index";
import { linksFeature } from "#features/links/index";
import { membershipsFeature } from "#features/memberships/index";
import { tenantsFeature } from "#features/tenants/index";
import { tokensFeature } from "#features/tokens/index";
import { usersFeature } from "#features/users/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { CredentialAttempts } from "./credential-attempts.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { MAILS } from "./mails/index.ts";
import { PresentedTokens } from "./presented-tokens.service.ts";
import { RefreshRotation } from "./refresh-rotation.ts";
import { RefreshTokens } from "./refresh-tokens.ts";
import { ActivityRecorder } from "./session-activity.ts";
import { SessionAuthMethods } from "./session-auth-methods.service.ts";
import { SessionAuthenticator } from "./session-authenticator.ts";
import { noSessionCache, redisSessionCache } from "./session-cache.ts";
import { SessionLimit } from "./session-limit.ts";
import { SessionListsResolver, UserSessionsResolver } from "./session-lists.resolver.ts";
import { SessionLists } from "./session-lists.service.ts";
import { SessionSweeps } from "./session-sweeps.ts";
import { SessionTokensService } from "./session-tokens.service.ts";
import { sessionNodes } from "./sessions.node.ts";
import { SessionsResolver } from "./sessions.resolver.ts";
import { SessionsService } from "./sessions.service.ts";
import { TenantEntry } from "./tenant-entry.ts";
import { TenantTokens } from "./tenant-tokens.service.ts";

/** Sessions: their tokens, their proofs, and how they end. */
export const sessionsFeature = defineFeature({
  name: "sessions",
  uses: [tokensFeature, auditFeature, tenantsFeature, usersFeature, membershipsFeature, devicesFeature, linksFeature],
  mails: MAILS,
  config: defineSettings({
    variables: {
      REFRESH_TOKEN_DAYS: setting(count(1, 365).default(7), {
        subject: "Sessions",
        description: "A session ends if its refresh token is not used for this long.",
        example: "14",
      }),
      SESSION_MAX_DAYS: setting(count(1, 3_650).default(30), {
        subject: "Sessions",
        description: "A session ends this long after its login, even if its refresh token is used.",
        example: "90",
      }),
      REFRESH_GRACE_SECONDS: setting(count(0, 60).default(10), {
        subject: "Sessions",
        description:
          "How long a rotated refresh token still returns the same successor, for lost responses and parallel tabs. `0` never does.",
        example: "30",
      }),
    },
    read: (env) => ({
      settings: {
        sessions: {
          refreshTokenDays: env.REFRESH_TOKEN_DAYS,
          maxDays: env.SESSION_MAX_DAYS,
          graceSeconds: env.REFRESH_GRACE_SECONDS,
        },
      },
    }),
  }),
  services: (deps) => {
    const {
      config,
      db,
      clock,
      keyRing,
      mails,
      events,
      devices,
      links,
      accessTokens,
      permissionCatalogue,
      redis,
      log,
      metrics,
    } = deps;
    const lifetimes = config.sessions;
    const cache = redis ? redisSessionCache(redis) : noSessionCache;
    const lookups = metrics.counter({
      name: "portcullis_session_lookups_total",
      help: "Look-ups of live sessions, by source: the cache or the database.",
      labelNames: ["source"],
    });
    const tenantEntry = new TenantEntry(deps);
    const activity = new ActivityRecorder({ db, clock, log });
    const sessions = new SessionsService({ db, clock, cache, events, lifetimes });
    const refreshTokens = new RefreshTokens({ keyRing });
    const rotation = new RefreshRotation({ db, clock, refreshTokens, devices, events, links, mails, lifetimes });
    return {
      activity,
      tenantEntry,
      sessions,
      sessionLists: new SessionLists({ db, clock }),
      sessionSweeps: new SessionSweeps({ db, clock, sessions, events, lifetimes }),
      authMethods: new SessionAuthMethods({ clock, keyRing, events }),
      credentialAttempts: new CredentialAttempts({ db, clock, sessions, events, mails }),
      sessionLimit: new SessionLimit({ db, clock, sessions, events, mails }),
      presentedTokens: new PresentedTokens({ db, clock, refreshTokens }),
      tokens: new SessionTokensService({
        db,
        clock,
        accessTokens,
        permissionCatalogue,
        tenantEntry,
        refreshTokens,
        rotation,
        sessions,
        events,
        mails,
      }),
      tenantTokens: new TenantTokens({
        db,
        clock,
        accessTokens,
        permissionCatalogue,
        tenantEntry,
        refreshTokens,
        lifetimes,
        audiences: config.audiences,
      }),
      authenticator: new SessionAuthenticator({
        db,
        clock,
        cache,
        accessTokens,
        permissionCatalogue,
        activity,
        onLookup: (source) => lookups.inc({ source }),
      }),
    };
  },
  resolvers: (deps) => [new SessionsResolver(deps), new SessionListsResolver(deps), new UserSessionsResolver(deps)],
  nodes: ({ sessions }) => [sessionNodes(sessions)],
  entities: ({ sessions }) => [sessionNodes(sessions)],
  jobs: ({ sessionSweeps }) => ({
    recurring: { "sweep-sessions": { crontab: "41 * * * *", run: () => sessionSweeps.sweep() } },
  }),
  lifecycle: ({ activity }) => ({ close: () => activity.stop() }),
  hooks: ({ links }) => links.register(LINK_PURPOSES),
});
