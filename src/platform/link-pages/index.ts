export { linkPages } from "./link-pages.ts";
export type { LinkPage } from "./page.ts";
