export { userImportFeature } from "./feature.ts";
export { type ImportOptions, type RefusedLine, UserImportService } from "./user-import.service.ts";
