import { dropOldPartitions } from "#platform/database/partitions";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { after, DAY } from "#shared/durations";
import { SecurityEventSubscription } from "./live-events.resolver.ts";
import { LiveEvents } from "./live-events.ts";
import { SecurityLog } from "./security-log.ts";

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
  services: ({ db, clock, ids, announcements, hooks, log }) => ({
    events: new SecurityLog({ ids, announcements, hooks }),
    liveEvents: new LiveEvents({ db, clock, announcements, log }),
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
  lifecycle: ({ liveEvents, metrics }) => {
    metrics.gauge("portcullis_live_event_followers", "Subscriptions to security events.", () => liveEvents.followers);
    return { close: () => liveEvents.stop() };
  },
});
