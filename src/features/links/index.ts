export type { AddressLink } from "./address-links.repository.ts";
export { insertAddressLinks } from "./address-links.repository.ts";
export { AddressLinks } from "./address-links.service.ts";
export { addressLinks } from "./address-links.table.ts";
export { linksFeature } from "./feature.ts";
export type { EntryPurpose, LinkPayload, LinkPurpose } from "./links.policy.ts";
export { ENTRY_PURPOSES, LINK_PURPOSES } from "./links.policy.ts";
export { type LinkRow, listUnusedLinks } from "./links.repository.ts";
export {
  type LinkStatus,
  LinksService,
} from "./links.service.ts";
export { links } from "./links.table.ts";
