import type { FieldFault } from "#shared/errors";
import { cleanName, nameFaults } from "#shared/names";

/** So many a user can tell apart; and none of them makes a login slow. */
export const MOST_PASSKEYS = 20;

const MAX_NAME_LENGTH = 60;

/** What is wrong with the name of a passkey. */
export const passkeyNameFaults = (name: string, path: string): readonly FieldFault[] =>
  name.trim() === "" ? [{ path, message: "Give it a name." }] : nameFaults(name.trim(), path, MAX_NAME_LENGTH);

/** What a passkey is called that nobody gave a name. */
export const defaultPasskeyName = (deviceLabel: string): string => cleanName(deviceLabel.slice(0, MAX_NAME_LENGTH));
