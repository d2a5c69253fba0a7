import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import type { Clock } from "./clock.ts";
import type { Database, Db } from "./database/database.ts";
import type { AnonymousNetworks, GeoIpDatabase } from "./geoip/index.ts";
import type { SafeHttpClient } from "./http-client/index.ts";
import type { Ids } from "./ids.ts";
import type { JobQueue, RecurringTask, Task } from "./jobs/jobs.ts";
import type { Limits } from "./limits/limits.ts";
import type { LinkPage } from "./link-pages/index.ts";
import type { Logger } from "./logging.ts";
import type { Mail, MailQueue } from "./mail/index.ts";
import type { Metrics } from "./metrics.ts";
import type { Nats } from "./nats/index.ts";
import type { PasswordHasher } from "./password-hashing/index.ts";
import type { PubSub } from "./pubsub/index.ts";
import type { EpochCache } from "./redis/epoch-cache.ts";
import type { EntitySource } from "./schema/federation.ts";
import type { NodeSource } from "./schema/node.ts";
import type { PrepareOperation } from "./schema/operations.ts";
import type { KeyRing } from "./secrets.ts";
import type { Subscriber, TransactionEvent, TransactionEvents } from "./transaction-events.ts";

/** The dependencies of every feature. */
export interface Platform {
  readonly database: Database;
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: KeyRing;
  readonly limits: Limits;
  readonly hasher: PasswordHasher;
  readonly jobs: JobQueue;
  readonly mails: MailQueue;
  readonly pubsub: PubSub;
  readonly hooks: TransactionEvents;
  readonly networks: Pick<AnonymousNetworks, "isAnonymous">;
  readonly geoip: Pick<GeoIpDatabase, "find">;
  readonly httpClient: Pick<SafeHttpClient, "request">;
  /** Null if Redis is not used. */
  readonly redis: EpochCache | null;
  /** Null if NATS is not used. */
  readonly nats: Nats | null;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Settings that every feature may read. */
export interface CommonSettings {
  readonly production: boolean;
  /** The URL under which clients reach this installation. */
  readonly publicUrl: string;
  /** The name of the product for its users. */
  readonly product: string;
  /** The origins whose pages may call. Absent: pages served by this computer (development). */
  readonly corsOrigins: readonly string[] | undefined;
  /** The URLs that links in mails lead to, by the path of the page: on this installation, or a page of the frontend. */
  readonly linkPages: Readonly<Record<string, string>>;
  /** Whether the hosted pages are served. */
  readonly web: boolean;
}

/** The environment variables of a feature, and the settings derived from them. */
export interface FeatureSettings<Settings extends object = object, Values = never> {
  readonly variables: z.ZodRawShape;
  /** Faults contain the variable's name and never its value. */
  read(values: Values, common: CommonSettings): { readonly settings: Settings; readonly faults?: readonly string[] };
}

/** Infers the types of a feature's settings: `read` receives its parsed variables. */
export const defineSettings = <Shape extends z.ZodRawShape, Settings extends object>(
  settings: FeatureSettings<Settings, z.infer<z.ZodObject<Shape>>> & { readonly variables: Shape },
): FeatureSettings<Settings> => settings;

/** Background work of a feature. */
export interface FeatureJobs {
  /** By the name under which it is queued. */
  readonly tasks?: Readonly<Record<string, Task>>;
  readonly recurring?: Readonly<Record<string, RecurringTask>>;
}

/** Hooks of a feature into the lifecycle of the process. Each is optional. */
export interface Lifecycle {
  /** Awaited before anything else uses the feature. */
  prepare?(): Promise<void>;
  /**
   * The server is listening. `runsJobs`: whether jobs run in this thread. `prepareOperation`: null in a thread that only runs jobs,
   * and answers no requests.
   */
  start?(running: {
    readonly runsJobs: boolean;
    readonly prepareOperation: PrepareOperation | null;
  }): Promise<void> | void;
  /** Accept no new work from now on; awaited once the server has closed. */
  drain?(): Promise<void>;
  /** After the server and the job queue have stopped. */
  stop?(): Promise<void>;
  /** Closes timers and connections; also called if the process never listened. */
  close?(): Promise<void> | void;
}

/** Lets a feature take part in the transactions of earlier features. */
export type Subscribe = <Payload, Result>(
  event: TransactionEvent<Payload, Result>,
  subscriber: Subscriber<Payload, Result>,
) => void;

/** A feature as the composition root sees it. `Services` and `Settings` are available to later features. */
export interface Feature<Services extends object = object, Settings extends object = object> {
  readonly name: string;
  readonly uses: readonly Feature[];
  readonly config: FeatureSettings | null;
  readonly mails: readonly Mail[];
  readonly pages: readonly LinkPage[];
  services(deps: never): Services;
  resolvers(deps: never): readonly object[];
  nodes(deps: never): readonly NodeSource[];
  entities(deps: never): readonly EntitySource[];
  jobs(deps: never): FeatureJobs;
  routes(deps: never): readonly FastifyPluginAsync[];
  hooks(deps: never, on: Subscribe): void;
  lifecycle(deps: never): Lifecycle;
  /** Only for the compiler. */
  readonly types?: { readonly services: Services; readonly settings: Settings };
}

type Union<Uses extends readonly Feature[], Part extends "services" | "settings"> = NonNullable<
  Uses[number]["types"]
>[Part];
type Intersection<Types> = (Types extends unknown ? (type: Types) => void : never) extends (type: infer All) => void
  ? All
  : never;
/** All services of these features. */
export type ServicesOf<Uses extends readonly Feature[]> = [Uses[number]] extends [never]
  ? object
  : Intersection<Union<Uses, "services">>;
export type SettingsOf<Uses extends readonly Feature[]> = [Uses[number]] extends [never]
  ? object
  : Intersection<Union<Uses, "settings">>;

/** The dependencies of a feature's services. */
type Deps<Uses extends readonly Feature[], Settings> = Platform &
  ServicesOf<Uses> & { readonly config: CommonSettings & Settings & SettingsOf<Uses> };

interface FeatureDefinition<Uses extends readonly Feature[], Settings extends object, Services extends object> {
  readonly name: string;
  /** The earlier features whose services and settings this one receives. */
  readonly uses?: Uses;
  readonly config?: FeatureSettings<Settings>;
  /** The mails that it sends. */
  readonly mails?: readonly Mail[];
  /** The pages that these mails link to. */
  readonly pages?: readonly LinkPage[];
  readonly services?: (deps: Deps<Uses, Settings>) => Services;
  /** Resolvers store their dependencies, and do not use them before they are called. */
  readonly resolvers?: (deps: NoInfer<Deps<Uses, Settings> & Services>) => readonly object[];
  /** The objects that `node(id:)` finds. */
  readonly nodes?: (deps: NoInfer<Services>) => readonly NodeSource[];
  /** The subset of them that other subgraphs may add fields to. */
  readonly entities?: (deps: NoInfer<Services>) => readonly EntitySource[];
  readonly jobs?: (deps: NoInfer<Deps<Uses, Settings> & Services>) => FeatureJobs;
  readonly routes?: (deps: NoInfer<Deps<Uses, Settings> & Services>) => readonly FastifyPluginAsync[];
  readonly hooks?: (deps: NoInfer<Deps<Uses, Settings> & Services>, on: Subscribe) => void;
  readonly lifecycle?: (deps: NoInfer<Deps<Uses, Settings> & Services>) => Lifecycle;
}

/**
 * Declares a feature. Adding it to the list in features/index.ts makes it part of the program. Services are created in the order
 * of the list, each from the platform, the settings and the services of the features in `uses`.
 */
export const defineFeature = <
  const Uses extends readonly Feature[] = readonly [],
  Settings extends object = object,
  Services extends object = object,
>(
  definition: FeatureDefinition<Uses, Settings, Services>,
): Feature<Services, Settings> => {
  const nothing = { uses: [], config: null, mails: [], pages: [] };
  const none = () => [];
  const parts = {
    services: () => ({}),
    resolvers: none,
    nodes: none,
    entities: none,
    jobs: () => ({}),
    routes: none,
    hooks: () => {},
    lifecycle: () => ({}),
  };
  return { ...nothing, ...parts, ...definition } as unknown as Feature<Services, Settings>;
};
