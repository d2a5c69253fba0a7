import type { ClassType } from "type-graphql";
import { FEATURES } from "#features/index";
import { ErrorCatalogResolver } from "#graphql/error-catalog";
import { FederationResolver } from "#graphql/federation.resolver";
import { NodeResolver } from "#graphql/node.resolver";
import { printSubgraphSchema, type ResolverInstances } from "#graphql/schema";
import type { Platform, ServicesOf } from "#platform/feature";
import type { RecurringTask, Task } from "#platform/jobs/jobs";
import type { Config } from "./config.ts";

/** The services of all features, by name. */
export type Services = ServicesOf<typeof FEATURES>;

/** Creates all features once, in their order: no feature is named here, and nothing runs yet. */
export const composeFeatures = (platform: Platform, config: Config) => {
  // The types of a feature's `uses` check which of these it may use.
  const deps = { ...platform, config } as never;
  const services: Record<string, unknown> = {};
  for (const feature of FEATURES) {
    for (const [name, service] of Object.entries(feature.services(deps))) {
      if (name in (deps as object))
        throw new Error(`The feature ${feature.name} offers ${name}, which another one already offers.`);
      services[name] = service;
      Object.assign(deps, { [name]: service });
    }
    feature.hooks(deps, (event, subscriber) => platform.hooks.subscribe(event, subscriber));
  }

  const resolvers = new Map<ClassType, object>();
  for (const feature of FEATURES)
    for (const resolver of feature.resolvers(deps)) resolvers.set(resolver.constructor as ClassType, resolver);
  const entities = FEATURES.flatMap((feature) => feature.entities(deps));
  const sources = FEATURES.flatMap((feature) => feature.nodes(deps));
  const { introspection } = config;
  resolvers.set(NodeResolver, new NodeResolver({ sources }));
  resolvers.set(ErrorCatalogResolver, new ErrorCatalogResolver());
  resolvers.set(
    FederationResolver,
    new FederationResolver({ entities, introspection, printSchema: printSubgraphSchema }),
  );

  const jobs = FEATURES.map((feature) => feature.jobs(deps));
  return {
    services: services as Services,
    resolvers: resolvers as ResolverInstances,
    tasks: Object.assign({}, ...jobs.map(({ tasks }) => tasks)) as Readonly<Record<string, Task>>,
    recurring: Object.assign({}, ...jobs.map(({ recurring }) => recurring)) as Readonly<Record<string, RecurringTask>>,
    mails: FEATURES.flatMap((feature) => feature.mails),
    pages: FEATURES.flatMap((feature) => feature.pages),
    routes: FEATURES.flatMap((feature) => feature.routes(deps)),
    lifecycles: FEATURES.map((feature) => feature.lifecycle(deps)),
  };
};
