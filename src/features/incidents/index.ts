export { incidentsFeature } from "./feature.ts";
export { SuspendedChangeKindEnum } from "./suspended-changes.graphql.ts";
