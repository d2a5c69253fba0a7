import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";

/** A new password was chosen by a link in a mail to the account's address, so by its owner. */
export const passwordReset = defineEvent<{ readonly user: User; readonly client: Client }>("passwordReset");
