import { isSameSite } from "#platform/ip-address";
import type { ClientInfo } from "#shared/client-info";
import type { RefreshOrigin } from "./refresh.policy.ts";

/** Whether a rotated token is presented from another network or kind of device than the one that rotated it. */
export const isElsewhere = (origin: RefreshOrigin, client: ClientInfo): boolean =>
  isOtherNetwork(origin, client) || origin.device !== client.device.label;

/** Whether a rotated token is presented from another network than the one that rotated it. */
export const isOtherNetwork = (origin: RefreshOrigin, client: Pick<ClientInfo, "ipAddress">): boolean =>
  !isSameSite(origin.ipAddress, client.ipAddress);
