import { after, DAY, HOUR } from "#shared/durations";

/** How much older than an e-mail change a credential must be to undo it. */
const MIN_CREDENTIAL_AGE_MS = 7 * DAY;

/** Credentials added within the first hour count as created with the account. */
const GRACE_AFTER_CREATION_MS = HOUR;

/**
 * @returns the time before which a credential must have been added to undo an e-mail change requested at `requestedAt`: seven
 * days earlier, or for a younger account the time when it was created
 */
export const undoCutoff = (requestedAt: Date, userCreatedAt: Date): Date => {
  const [older, first] = [after(requestedAt, -MIN_CREDENTIAL_AGE_MS), after(userCreatedAt, GRACE_AFTER_CREATION_MS)];
  const cutoff = older > first ? older : first;
  return cutoff < requestedAt ? cutoff : requestedAt;
};
