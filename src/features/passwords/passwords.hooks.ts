import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { Client } from "#shared/client";

/** Whoever reads the account's mail has chosen a new password: they are its owner. */
export const passwordReset = defineEvent<{ readonly user: User; readonly client: Client }>("passwordReset");
