export type { AddressLink } from "./address-links.repository.ts";
export { insertAddressLinks } from "./address-links.repository.ts";
export { AddressLinks } from "./address-links.service.ts";
export { addressLinks } from "./address-links.table.ts";
export { linksFeature } from "./feature.ts";
export { defineLinkPurpose, type LinkPurpose } from "./link-purpose.ts";
export { type Link, type LinkRow, listUnusedLinks } from "./links.repository.ts";
export { type LinkStatus, LinksService } from "./links.service.ts";
export { links } from "./links.table.ts";
