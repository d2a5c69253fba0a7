import type { FieldFault } from "#shared/errors";
import { cleanName, nameFaults } from "#shared/names";

/** As many as a user can distinguish, and few enough to keep logins fast. */
export const MOST_PASSKEYS = 20;

const MAX_NAME_LENGTH = 60;

/** The faults of a passkey's name. */
export const passkeyNameFaults = (name: string, path: string): readonly FieldFault[] =>
  name.trim() === "" ? [{ path, message: "Enter a name." }] : nameFaults(name.trim(), path, MAX_NAME_LENGTH);

/** The default name of a passkey. */
export const defaultPasskeyName = (deviceLabel: string): string => cleanName(deviceLabel.slice(0, MAX_NAME_LENGTH));
