import { observedDevice } from "#features/devices/index";
import type { Client } from "#shared/client";

/** What a mail says of whoever logged in: what the server observed. Device and place are null where nobody knows them. */
export const describeClient = ({ device, ipAddress, location }: Client) => ({
  device: observedDevice(device),
  ipAddress,
  place: location?.label ?? null,
});
