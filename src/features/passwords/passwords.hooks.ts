import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";

/** A new password was set through a link mailed to the account's address, so by its owner. */
export const passwordReset = defineEvent<{ readonly user: User; readonly client: Client }>("passwordReset");
