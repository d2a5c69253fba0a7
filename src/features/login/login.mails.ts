import type { Client } from "../../shared/client.ts";

/** What a mail says of whoever logged in; the place is null where nobody knows it. */
export const describeClient = ({ device, ipAddress, location }: Client) => ({
  device: device.label,
  ipAddress,
  place: location?.label ?? null,
});
