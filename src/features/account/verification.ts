import type { TokenDeliveryRequest } from "#features/login/index";

/** The use of a link that verifies an address, and the data that its holder provides. */
export interface Verification extends TokenDeliveryRequest {
  readonly token: string;
  /** The secret of the client that registered. */
  readonly challenge: string | null;
  readonly password: string | null;
  readonly name: string | null;
  readonly username: string | null;
}
