import type { PendingLink } from "#features/challenges/index";
import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import type { SessionId, SocialAccountId, UserId } from "#shared/ids";
import type { Taint } from "./mfa/taint.ts";

/** A login that completes links an account at a provider. */
export interface AccountLink {
  /** Their row is locked. */
  readonly user: User;
  readonly id: SocialAccountId;
  readonly account: PendingLink;
  /** The session that the login opens. */
  readonly session: SessionId;
  readonly client: Client;
}

/** Raised last in the transaction of a login. Returns the user after it, or null if the account cannot be linked any more. */
export const accountLinkRequested = defineEvent<AccountLink, User | null>("accountLinkRequested");

/** The account at a provider by which a denied login came. */
export interface DeniedAccount {
  readonly user: User;
  readonly id: SocialAccountId;
  /** Set if the login would have linked it: the provider's id in the settings. */
  readonly unlinkedAt: string | null;
  /** Who denied the login. */
  readonly client: Client;
}

/** As with the password, that method is closed. */
export const socialLoginDenied = defineEvent<DeniedAccount>("socialLoginDenied");

/** What a thief may have added to the user goes. */
export const credentialsTainted = defineEvent<{
  readonly user: User;
  readonly taint: Taint;
  readonly client: Client;
}>("credentialsTainted");

/** The last passkey is being removed. Returns whether the user can log in by what a later feature keeps. */
export const wayInSought = defineEvent<{ readonly userId: UserId }, boolean>("wayInSought");
