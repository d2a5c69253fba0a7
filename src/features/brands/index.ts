export { brandsFeature } from "./feature.ts";
