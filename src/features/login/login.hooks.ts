import type { PendingLink } from "#features/challenges/index";
import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import type { SessionId, SocialAccountId, UserId } from "#shared/ids";
import type { Taint } from "./mfa/taint.ts";

/** A completed login that links a provider account. */
export interface AccountLink {
  /** The user, whose row is locked. */
  readonly user: User;
  readonly id: SocialAccountId;
  readonly account: PendingLink;
  /** The session that the login opens. */
  readonly session: SessionId;
  readonly client: ClientInfo;
}

/** Raised last in the transaction of a login. Returns the updated user, or null if the account can no longer be linked. */
export const accountLinkRequested = defineEvent<AccountLink, User | null>("accountLinkRequested");

/** The provider account used for a denied login. */
export interface DeniedAccount {
  readonly user: User;
  readonly id: SocialAccountId;
  /** Set if the login would have linked it: the provider's id in the settings. */
  readonly unlinkedAt: string | null;
  /** The client that denied the login. */
  readonly client: ClientInfo;
}

/** Raised to unlink that provider account. The password is blocked for the same reason. */
export const socialLoginDenied = defineEvent<DeniedAccount>("socialLoginDenied");

/** Raised to remove what an attacker may have added to the user. */
export const credentialsTainted = defineEvent<{
  readonly user: User;
  readonly taint: Taint;
  readonly client: ClientInfo;
}>("credentialsTainted");

/** Raised when the last passkey is removed. Returns whether the user has a login method that a later feature manages. */
export const loginMethodRequested = defineEvent<{ readonly userId: UserId }, boolean>("loginMethodRequested");
