import { isIPv6 } from "node:net";
import { networkOf } from "#platform/ip-address";
import type { Client } from "#shared/client";
import type { RefreshOrigin } from "./refresh.policy.ts";

/** Whether a spent token comes from another network or another kind of device than the one that spent it. */
export const isElsewhere = (origin: RefreshOrigin, client: Client): boolean =>
  isOtherNetwork(origin, client) || origin.device !== client.device.label;

/** Whether a spent token comes from another network than the one that spent it. */
export const isOtherNetwork = (origin: RefreshOrigin, client: Pick<Client, "ipAddress">): boolean =>
  siteOf(origin.ipAddress) !== siteOf(client.ipAddress);

/** A home or a company often has several addresses: IPv4 /24, IPv6 /48. */
const siteOf = (ipAddress: string): string =>
  isIPv6(ipAddress)
    ? networkOf(ipAddress).split(":").slice(0, 3).join(":")
    : ipAddress.split(".").slice(0, 3).join(".");
