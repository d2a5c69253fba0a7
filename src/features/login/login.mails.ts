import type { Client } from "../../shared/client.ts";
import { observedDevice } from "../devices/index.ts";

/** What a mail says of whoever logged in: what the server observed. Device and place are null where nobody knows them. */
export const describeClient = ({ device, ipAddress, location }: Client) => ({
  device: observedDevice(device),
  ipAddress,
  place: location?.label ?? null,
});
