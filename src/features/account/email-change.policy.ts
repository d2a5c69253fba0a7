import { after, DAY, HOUR } from "#shared/durations";

/** How much older than an e-mail change a credential must be that undoes it. */
const OLDER = 7 * DAY;

/** Credentials that came with the account: those of its first hour. */
const FIRST = HOUR;

/**
 * Until when a credential must have been there to undo an e-mail change that was requested at `requestedAt`: seven days
 * earlier, or in a younger account when the account was created.
 */
export const undoCutoff = (requestedAt: Date, userCreatedAt: Date): Date => {
  const [older, first] = [after(requestedAt, -OLDER), after(userCreatedAt, FIRST)];
  const cutoff = older > first ? older : first;
  return cutoff < requestedAt ? cutoff : requestedAt;
};
