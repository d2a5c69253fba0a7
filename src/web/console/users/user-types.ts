import type { ConsoleUserQuery } from "./user.documents.ts";

/** A user as their page shows them. */
export type ConsoleUser = NonNullable<ConsoleUserQuery["user"]>;
