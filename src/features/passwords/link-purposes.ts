import { defineLinkPurpose } from "#features/links/index";
import { HOUR } from "#shared/durations";

/** Sets a new password. */
export const RESET_PASSWORD_LINK = defineLinkPurpose<object>({
  name: "reset-password",
  lifetime: HOUR,
  page: "reset-password",
  // Several are valid, because mails arrive late and out of order, and people request another one before they open the first.
  most: 3,
  endedBy: "CREDENTIALS_CHANGED",
  choosesPassword: true,
});

export const LINK_PURPOSES = [RESET_PASSWORD_LINK];
