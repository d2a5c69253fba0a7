import { type SocialCallback, takeLinkToken, takeSocialCallback } from "../client/index.ts";

interface AddressSecrets {
  /** The secret of a mailed link. */
  readonly linkToken: string | null;
  /** A provider's answer to a login, or to linking an account. */
  readonly socialCallback: SocialCallback | null;
}

/** The secrets in the address that was opened. They are removed from it before the router, or anything else, reads it. */
export const ADDRESS_SECRETS: AddressSecrets = { linkToken: takeLinkToken(), socialCallback: takeSocialCallback() };
