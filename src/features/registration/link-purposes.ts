import { defineLinkPurpose } from "#features/links/index";
import { DAY, HOUR } from "#shared/durations";

/** Verifies the address of a registration or of an imported user. */
export const VERIFY_EMAIL_LINK = defineLinkPurpose<object>({
  name: "verify-email",
  lifetime: 24 * HOUR,
  page: "verify-email",
  endedBy: "ADDRESS_PROVED",
});

/** Verifies the address of a new tenant's first admin. */
export const ACTIVATE_LINK = defineLinkPurpose<object>({
  name: "activate",
  lifetime: 7 * DAY,
  page: "activate",
});

export const LINK_PURPOSES = [VERIFY_EMAIL_LINK, ACTIVATE_LINK];
