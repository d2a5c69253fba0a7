import type { FieldError } from "#shared/errors";
import { cleanName, validateName } from "#shared/names";

/** As many as a user can distinguish, and few enough to keep logins fast. */
export const MAX_PASSKEYS = 20;

const MAX_NAME_LENGTH = 60;

/** The faults of a passkey's name. */
export const validatePasskeyName = (name: string, path: string): readonly FieldError[] =>
  name.trim() === "" ? [{ path, message: "Enter a name." }] : validateName(name.trim(), path, MAX_NAME_LENGTH);

/** The default name of a passkey. */
export const defaultPasskeyName = (deviceLabel: string): string => cleanName(deviceLabel.slice(0, MAX_NAME_LENGTH));
