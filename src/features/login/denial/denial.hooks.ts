import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import type { SocialAccountId } from "#shared/ids";
import type { Taint } from "../mfa/taint.ts";

/** The account at a provider by which a denied login came. */
export interface DeniedAccount {
  readonly id: SocialAccountId;
  /** Set if the login would have linked it: the provider's id in the settings. */
  readonly unlinkedAt?: string | null;
}

/** The owner has denied a login by an account at a provider: the account goes. */
export const socialLoginDenied = defineEvent<{
  readonly user: User;
  readonly denied: DeniedAccount;
  readonly client: Client;
}>("socialLoginDenied");

/** Credentials that a thief may have created are being removed. */
export const credentialsTainted = defineEvent<{
  readonly user: User;
  readonly taint: Taint;
  readonly client: Client;
}>("credentialsTainted");
