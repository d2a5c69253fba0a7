import { type Globals, globals } from "../globals.ts";
import type { Send } from "./execute.ts";
import { type PasskeyAssertion, promptForPasskey } from "./prompt.ts";

/** The options of a passkey prompt are valid for five minutes. */
const RENEWAL_MS = 240_000;

/**
 * Offers the user's passkeys in the autofill list of the field with `autocomplete="username webauthn"` (WebAuthn's conditional
 * mediation), until one is chosen. Failures are ignored: the user has asked for nothing yet.
 *
 * @returns a function that withdraws the offer
 */
export const offerPasskeys = (send: Send, onChosen: (assertion: PasskeyAssertion) => void): (() => void) => {
  const env: Globals = globals();
  let isOver = false;
  let abort = (): void => {};

  const offer = async (): Promise<void> => {
    const { PublicKeyCredential, AbortController } = env;
    if (!AbortController || !(await PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    while (!isOver) {
      const controller = new AbortController();
      const { signal } = controller;
      abort = () => controller.abort();
      env.setTimeout(abort, RENEWAL_MS);
      const chosen = await promptForPasskey(send, undefined, { mediation: "conditional", signal }).catch(() => null);
      if (isOver) return;
      if (chosen) return onChosen(chosen);
      if (!signal.aborted) return;
    }
  };

  void offer().catch(() => {});
  return () => {
    isOver = true;
    abort();
  };
};
