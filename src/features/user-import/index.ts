export { userImportFeature } from "./feature.ts";
export { type ImportOptions, type Refusal, UserImportService } from "./user-import.service.ts";
