import type { PendingLink } from "#features/challenges/index";
import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import type { SessionId, SocialAccountId } from "#shared/ids";

/** An account at a provider that a login links in the transaction that completes it. */
export interface LinkAtLogin {
  readonly id: SocialAccountId;
  readonly account: PendingLink;
  /** The session that the login opens. */
  readonly session: SessionId;
  readonly client: Client;
}

/** A login is completing that links an account at a provider. The subscriber returns the user, or null if it cannot be linked. */
export const accountLinkRequested = defineEvent<{ readonly user: User; readonly link: LinkAtLogin }, User | null>(
  "accountLinkRequested",
);
