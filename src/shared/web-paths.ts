/** The paths of the hosted pages, besides those that links in mails lead to. A final `*` stands for every path below. */
export const WEB_PATHS = [
  "/",
  "/sign-in",
  "/sign-in/*",
  "/sign-up",
  "/sign-up/*",
  "/forgot-password",
  "/invitation",
  "/invitation/*",
  "/account",
  "/account/*",
  "/console",
  "/console/*",
] as const;
