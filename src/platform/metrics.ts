import { isMainThread } from "node:worker_threads";
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** The histogram buckets for response times, in seconds. */
const ANSWER_TIMES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The metrics of one thread or process, as values that can be sent to another one. */
export type MetricValues = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** How the values of several processes become one: the sum of what each of them counts, or a value that is the same in all. */
interface Aggregated {
  readonly aggregation?: "sum" | "max";
}

interface Named<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

/** The metrics, with names and units of the Prometheus conventions. No label ever contains a person or a secret. */
export class Metrics {
  readonly registry = new Registry();

  readonly fields = new Histogram({
    name: "portcullis_graphql_field_seconds",
    help: "Time to resolve a root field, by field and by the code of its error (ok without an error).",
    labelNames: ["field", "code"],
    buckets: ANSWER_TIMES,
    registers: [this.registry],
  });

  readonly requests = new Histogram({
    name: "portcullis_http_request_seconds",
    help: "Time from the first byte of a request to the last byte of its response, by route and status.",
    labelNames: ["route", "status"],
    buckets: ANSWER_TIMES,
    registers: [this.registry],
  });

  readonly socketsClosed = new Counter({
    name: "portcullis_sockets_closed_total",
    help: "WebSockets that were closed, by code: the server's if it closed first.",
    labelNames: ["code"],
    registers: [this.registry],
  });

  constructor(private readonly others: () => Promise<readonly MetricValues[]> = async () => []) {
    // They are those of the process, whatever its thread.
    if (isMainThread) collectDefaultMetrics({ register: this.registry });
  }

  /** The values of this thread or process. */
  values(): Promise<MetricValues> {
    return this.registry.getMetricsAsJSON();
  }

  /** The metrics of all threads and processes of this replica together, in the text format of Prometheus. */
  async report(): Promise<string> {
    const others = await this.others();
    if (others.length === 0) return this.registry.metrics();
    return AggregatorRegistry.aggregate([await this.values(), ...others]).metrics();
  }

  counter<Label extends string>(options: Named<Label>): Counter<Label> {
    return new Counter({ labelNames: [], ...options, registers: [this.registry] });
  }

  gaugeOf<Label extends string>(options: Named<Label>, { aggregation = "sum" }: Aggregated = {}): Gauge<Label> {
    return new Gauge({ labelNames: [], ...options, aggregator: aggregation, registers: [this.registry] });
  }

  /** `buckets` are in seconds; the default is that of response times. */
  histogram<Label extends string>(options: Named<Label> & { readonly buckets?: number[] }): Histogram<Label> {
    return new Histogram({ labelNames: [], buckets: ANSWER_TIMES, ...options, registers: [this.registry] });
  }

  /** A value that is read when the metrics are requested. */
  gauge(
    name: string,
    help: string,
    read: () => number | Promise<number>,
    { aggregation = "sum" }: Aggregated = {},
  ): void {
    new Gauge({
      name,
      help,
      aggregator: aggregation,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** A count since the start of the process that is read when the metrics are requested. */
  total(name: `${string}_total`, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
