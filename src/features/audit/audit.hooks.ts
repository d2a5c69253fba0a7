import { defineEvent } from "#platform/transaction-events";
import type { UserId } from "#shared/ids";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** These events were recorded, in the transaction of the changes that they describe. */
export const securityEventsRecorded = defineEvent<readonly SecurityEventRow[]>("securityEventsRecorded");

/** A user is being deleted. Data kept about them must no longer identify them or their location. */
export const userAnonymized = defineEvent<{ readonly userId: UserId }>("userAnonymized");
