import { AuthFailure } from "../failure.ts";
import type { PasskeyJSON } from "../globals.ts";
import { getPasskey } from "../passkeys.ts";
import type { Send } from "./execute.ts";
import { startPasskeyLogin } from "./operations.ts";

/** The passkey fields of `finishPasskeyLogin` and of `reauthenticate`. */
export interface PasskeyAssertion {
  readonly challenge: string;
  readonly response: PasskeyJSON;
}

/**
 * Asks the browser for a passkey; with the challenge of a login, for one of that login's user.
 *
 * @throws {AuthFailure} PASSKEY_CANCELLED or PASSKEY_FAILED
 */
export const promptForPasskey = async (
  send: Send,
  challenge?: string,
  more: PasskeyJSON = {},
): Promise<PasskeyAssertion> => {
  const started = await send(startPasskeyLogin(challenge));
  const response = await getPasskey(started.publicKey, more).catch((cause: unknown) => {
    const { name, message } = cause as Error;
    const isCancelled = name === "NotAllowedError" || name === "AbortError";
    throw new AuthFailure(isCancelled ? "PASSKEY_CANCELLED" : "PASSKEY_FAILED", message);
  });
  return { challenge: started.challenge, response };
};
