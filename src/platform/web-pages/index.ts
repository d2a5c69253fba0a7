export { followBuilds, readWebContent, type WebContent } from "./content.ts";
export { webFilesIn } from "./files.ts";
export { logoTypeOf, readLogo } from "./logo.ts";
export type { VersionedContent } from "./versioned-content.ts";
export { LOGO_PATH, webPages } from "./web-pages.ts";
