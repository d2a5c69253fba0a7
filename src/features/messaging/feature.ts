import { z } from "zod";
import { auditFeature, securityEventsRecorded, userAnonymized } from "#features/audit/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { EventDelivery } from "./events/event-delivery.ts";
import { updateOutboxRowsWithoutOrigin } from "./events/event-outbox.repository.ts";
import { eventSchemaRoutes } from "./events/event-schemas.routes.ts";
import { REQUESTS } from "./requests/request-definitions.ts";
import { RequestHandler } from "./requests/request-handler.ts";

/** NATS: publishes events to other services, and responds to their requests. */
export const messagingFeature = defineFeature({
  name: "messaging",
  uses: [auditFeature],
  config: defineSettings({
    variables: {
      NATS_STREAM: setting(
        z
          .string()
          .regex(/^[\w-]{1,64}$/, "letters, digits, _ and -, at most 64")
          .default("PORTCULLIS"),
        {
          subject: "NATS",
          description:
            "The JetStream stream that keeps published events. It is created if it does not exist, and never changed.",
          example: "IDENTITY",
          value: "name: letters, digits, `_` and `-`, at most 64",
        },
      ),
    },
    read: (env) => ({ settings: { natsStream: env.NATS_STREAM } }),
  }),
  services: ({ nats, config, ...deps }) => {
    const { natsStream: stream, publicUrl } = config;
    const requestSubjects = Object.keys(REQUESTS);
    return { delivery: nats && new EventDelivery({ ...deps, nats, publicUrl, stream, requestSubjects }) };
  },
  routes: () => [eventSchemaRoutes],
  hooks: ({ delivery }, on) => {
    if (delivery) on(securityEventsRecorded, (tx, events) => delivery.record(tx, events));
    // Also without NATS, because events may remain in the outbox.
    on(userAnonymized, (tx, { userId }) => updateOutboxRowsWithoutOrigin(tx, userId));
  },
  lifecycle: ({ delivery, nats, metrics, log }) => {
    if (nats === null) return {};
    delivery?.measure(metrics);
    const seconds = metrics.histogram({
      name: "portcullis_nats_request_seconds",
      help:
        "Time from a request over NATS to its response, by subject and error code (ok without an error, dropped " +
        "without a reply inbox).",
      labelNames: ["subject", "outcome"],
    });
    let requestHandler: RequestHandler | null = null;
    return {
      async start({ runsJobs, prepareOperation: prepare }) {
        const observe = (subject: string, outcome: string, took: number) => seconds.observe({ subject, outcome }, took);
        if (prepare !== null) {
          requestHandler = new RequestHandler({ nats, prepare, observe, log });
          requestHandler.start();
        }
        nats.start();
        if (runsJobs) await delivery?.start();
      },
      // Requests over NATS do not pass a proxy. From now on they go to other replicas.
      drain: async () => requestHandler?.stop(),
      async stop() {
        await delivery?.stop();
        await nats.stop();
      },
    };
  },
});
