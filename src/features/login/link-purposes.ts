import { defineLinkPurpose } from "#features/links/index";
import { HOUR } from "#shared/durations";
import type { ChallengeId } from "#shared/ids";

/** Confirms or denies an unfinished login. */
export const CONFIRM_LOGIN_LINK = defineLinkPurpose<{ readonly challengeId: ChallengeId }>({
  name: "confirm-login",
  lifetime: HOUR,
  page: "confirm-login",
});

/** Cancels a reset of second factors. */
export const CANCEL_FACTOR_RESET_LINK = defineLinkPurpose<object>({
  name: "cancel-factor-reset",
  lifetime: 72 * HOUR,
  page: "cancel-factor-reset",
});

export const LINK_PURPOSES = [CONFIRM_LOGIN_LINK, CANCEL_FACTOR_RESET_LINK];
