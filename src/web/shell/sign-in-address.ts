/** The sign-in after a session has ended: it says why, and leads back here. */
export const signInAddress = (reason: string | null, here: string): string => {
  const search = new URLSearchParams();
  if (reason !== null) search.set("reason", reason);
  if (reason !== "LOGGED_OUT") search.set("return_to", here);
  return `/sign-in?${search}`;
};
