export { sapFeature } from "./feature.ts";
export { SapSystemInput, sapDetailsOf } from "./sap.graphql.ts";
export { type SapConnectionDetails, type SapProfile, validateSapConnection } from "./sap.policy.ts";
export { SapService } from "./sap.service.ts";
export type { SapConnection } from "./sap-connections.repository.ts";
export { SapGateway } from "./sap-gateway.ts";
