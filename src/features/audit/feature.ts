import { dropOldPartitions } from "#platform/database/partitions";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { after, DAY } from "#shared/durations";
import { AuditLog } from "./audit-log.ts";
import { SecurityEventSubscription } from "./security-event-feed.resolver.ts";
import { SecurityEventFeed } from "./security-event-feed.ts";

/** Records security events, and delivers them to live subscriptions. */
export const auditFeature = defineFeature({
  name: "audit",
  config: defineSettings({
    variables: {
      SECURITY_EVENT_DAYS: setting(count(31, 3_650).default(400), {
        subject: "Retention and exports",
        description: "How long security events are kept, in whole months: a month is deleted when all of it is older.",
        example: "730",
      }),
    },
    read: (env) => ({ settings: { securityEventDays: env.SECURITY_EVENT_DAYS } }),
  }),
  services: ({ db, clock, ids, pubsub, hooks, log }) => ({
    events: new AuditLog({ ids, pubsub, hooks }),
    securityEventFeed: new SecurityEventFeed({ db, clock, pubsub, log }),
  }),
  resolvers: (deps) => [new SecurityEventSubscription(deps)],
  jobs: ({ db, clock, config }) => ({
    recurring: {
      "drop-security-events": {
        crontab: "33 3 * * *",
        run: () => dropOldPartitions(db, "security_events", after(clock.now(), -config.securityEventDays * DAY)),
      },
    },
  }),
  lifecycle: ({ securityEventFeed, metrics }) => {
    metrics.gauge(
      "portcullis_live_event_followers",
      "Subscriptions to security events.",
      () => securityEventFeed.followers,
    );
    return { close: () => securityEventFeed.stop() };
  },
});
