export type { LinkPayload, LinkPurpose } from "./links.policy.ts";
export { ENTRY_PURPOSES, LINK_PURPOSES } from "./links.policy.ts";
export type { LinkRow } from "./links.repository.ts";
export {
  type LinkStatus,
  LinksService,
} from "./links.service.ts";
export { links } from "./links.table.ts";
