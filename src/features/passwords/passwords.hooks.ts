import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";

/** A new password was set through a link mailed to the account's address, so by its owner. */
export const passwordReset = defineEvent<{ readonly user: User; readonly client: ClientInfo }>("passwordReset");
