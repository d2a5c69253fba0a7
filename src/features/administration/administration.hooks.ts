import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";

/** A user lost a role, or was suspended: what rests on their rights ends. */
export const rightsLost = defineEvent<Pick<User, "id">>("rightsLost");
