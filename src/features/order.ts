/**
 * The capabilities, in the order in which they may know each other: a feature imports only from those before it.
 * What a later one owns of an earlier type it adds itself (`User.sessions` is a field resolver in sessions/).
 */
export const FEATURE_ORDER = [
  "tokens",
  "audit",
  "tenants",
  "users",
  "devices",
  "risk",
  "sessions",
  "links",
  "challenges",
  "passwords",
  "registration",
  "login",
  "account",
  "administration",
  "invitations",
  "social",
  "incidents",
  "sap",
  "onboarding",
  "user-import",
  "messaging",
] as const;
