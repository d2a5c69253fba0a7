import type { DeliveryRequest } from "#features/login/index";

/** The use of a link that proves an address, and what its holder gives. */
export interface Verification extends DeliveryRequest {
  readonly token: string;
  /** The secret of the client that registered. */
  readonly challenge: string | null;
  readonly password: string | null;
  readonly name: string | null;
  readonly username: string | null;
}
