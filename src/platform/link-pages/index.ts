export { linkPages } from "./link-pages.ts";
export { definePage, type LinkPage } from "./page.ts";
