/** The user wanted it, and does not come back to the same page. */
const WANTED: ReadonlySet<string | null> = new Set(["LOGGED_OUT", "ACCOUNT_DELETED"]);

/** The sign-in after a session has ended: it says why, and leads back here. */
export const signInAddress = (reason: string | null, here: string): string => {
  const search = new URLSearchParams();
  if (reason !== null) search.set("reason", reason);
  if (!WANTED.has(reason)) search.set("return_to", here);
  return `/sign-in?${search}`;
};
