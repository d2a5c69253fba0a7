import { defineLinkPurpose } from "#features/links/index";
import { DAY } from "#shared/durations";

/** Accepts an invitation. */
export const INVITATION_LINK = defineLinkPurpose<object>({
  name: "invitation",
  lifetime: 7 * DAY,
  page: "accept-invitation",
  choosesPassword: true,
});

export const LINK_PURPOSES = [INVITATION_LINK];
