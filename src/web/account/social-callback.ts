import { type SocialCallback, takeSocialCallback } from "../../client/index.ts";

/** The page below /account that a provider leads back to; a redirect URI of the settings. */
export const SOCIAL_LINKED_PATH = "social/linked";

/** Taken from the address before the router starts, so that the code remains nowhere. */
export const socialCallback: SocialCallback | null = location.pathname.endsWith(`/account/${SOCIAL_LINKED_PATH}`)
  ? takeSocialCallback()
  : null;
