export { incidentsFeature } from "./feature.ts";
