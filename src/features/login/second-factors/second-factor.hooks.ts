import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import type { UserId } from "#shared/ids";
import type { LoginStep } from "../flow/login-steps.ts";
import type { CodeFactor } from "./code-forms.ts";

export interface CodeProof {
  /** The unfinished login. */
  readonly challenge: string;
  readonly code: string;
  /** Whether the device is the user's own from now on. */
  readonly trustDevice: boolean;
}

/** A code was given for a login that may be a later feature's. Its subscriber goes on with it; null if it is not. */
export const codeGiven = defineEvent<
  { readonly factor: CodeFactor; readonly proof: CodeProof; readonly client: Client },
  LoginStep | null
>("codeGiven");

/** Another mailed code is wanted for a login that may be a later feature's. @returns whether the subscriber mailed it */
export const codeMailRequested = defineEvent<{ readonly challenge: string; readonly client: Client }, boolean>(
  "codeMailRequested",
);

/** Asks whether the user has a way in that this feature does not know. The caller holds the lock of the user's row. */
export const wayInSought = defineEvent<{ readonly userId: UserId }, boolean>("wayInSought");
