export { policyPreviewFeature } from "./feature.ts";
