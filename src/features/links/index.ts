export type { LinkPayload, LinkPurpose } from "./links.policy.ts";
export type { LinkRow } from "./links.repository.ts";
export {
  type LinkPages,
  type LinkStatus,
  LinksService,
  type LinksServiceDeps,
  type NewLink,
} from "./links.service.ts";
