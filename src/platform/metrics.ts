import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The buckets of answers, in seconds. */
const ANSWER_TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What is measured, in the units and names of the Prometheus conventions. No label ever carries a person or a secret. */
export class Metrics {
  readonly registry = new Registry();

  readonly fields = new Histogram({
    name: "portcullis_graphql_field_seconds",
    help: "Time to resolve a root field, by field and by the code of its error (ok where there was none).",
    labelNames: ["field", "code"],
    buckets: ANSWER_TIMES,
    registers: [this.registry],
  });

  readonly requests = new Histogram({
    name: "portcullis_http_request_seconds",
    help: "Time from the first byte of a request to the last of its answer, by route and status.",
    labelNames: ["route", "status"],
    buckets: ANSWER_TIMES,
    registers: [this.registry],
  });

  readonly natsRequests = new Histogram({
    name: "portcullis_nats_request_seconds",
    help:
      "Time from a request over NATS to its answer, by subject and by the code of its error (ok where there was none, dropped " +
      "where nobody waited for an answer).",
    labelNames: ["subject", "outcome"],
    buckets: ANSWER_TIMES,
    registers: [this.registry],
  });

  readonly logins = new Counter({
    name: "portcullis_logins_total",
    help: "Attempts to log in, by outcome.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });

  readonly loginFloods = new Counter({
    name: "portcullis_login_floods_total",
    help: "Minutes in which more logins failed on this replica than LOGIN_ALERT_PER_MINUTE, or in which the net over the installation refused some.",
    registers: [this.registry],
  });

  readonly sessionLookups = new Counter({
    name: "portcullis_session_lookups_total",
    help: "Look-ups of live sessions, by what answered: the cache or the database.",
    labelNames: ["source"],
    registers: [this.registry],
  });

  readonly socketsClosed = new Counter({
    name: "portcullis_sockets_closed_total",
    help: "WebSockets that were closed, by code: ours where we closed first.",
    labelNames: ["code"],
    registers: [this.registry],
  });

  readonly hashing = new Histogram({
    name: "portcullis_password_hash_seconds",
    help: "Time of a password hash, by phase: waiting in the queue, or running.",
    labelNames: ["phase"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  });

  readonly hashers = new Gauge({
    name: "portcullis_password_hasher_works",
    help: "Whether a native module that computes password hashes works here (1) or not (0), as found at start.",
    labelNames: ["module"],
    registers: [this.registry],
  });

  readonly refusalDelays = new Histogram({
    name: "portcullis_login_refusal_delay_seconds",
    help: "Time that refused logins waited so that they do not reveal how the password is stored.",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A value that is read when somebody asks for the metrics. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}
