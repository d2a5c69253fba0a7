export { type ImportOptions, type Refusal, UserImportService } from "./user-import.service.ts";
export { userImportFeature } from "./feature.ts";
