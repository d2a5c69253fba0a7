import { isSameSite } from "#platform/ip-address";
import type { Client } from "#shared/client";
import type { RefreshOrigin } from "./refresh.policy.ts";

/** Whether a rotated token is presented from another network or kind of device than the one that rotated it. */
export const isElsewhere = (origin: RefreshOrigin, client: Client): boolean =>
  isOtherNetwork(origin, client) || origin.device !== client.device.label;

/** Whether a rotated token is presented from another network than the one that rotated it. */
export const isOtherNetwork = (origin: RefreshOrigin, client: Pick<Client, "ipAddress">): boolean =>
  !isSameSite(origin.ipAddress, client.ipAddress);
