export { type ImportCounts, type ImportOptions, type Refusal, UserImportService } from "./user-import.service.ts";
