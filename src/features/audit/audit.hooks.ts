import { defineEvent } from "#platform/transaction-events";
import type { UserId } from "#shared/ids";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** These events were recorded, in the transaction that did what they say. */
export const securityEventsRecorded = defineEvent<readonly SecurityEventRow[]>("securityEventsRecorded");

/** A user is being deleted: what is kept about them must no longer say who or from where. */
export const personForgotten = defineEvent<{ readonly userId: UserId }>("personForgotten");
