import { expect } from "vitest";
import type { RequestSubject } from "#features/messaging/requests/named-requests";
import { endedSessions } from "../../../support/factories/session-ends.ts";
import { changes, endings, registrations } from "./accounts.ts";
import type { Case } from "./case.ts";
import { logins } from "./logins.ts";
import { refreshes, validations } from "./tokens.ts";

export type { Case } from "./case.ts";

/** What is asked of each subject, and what the answer is, by whichever door. */
export const CASES: Readonly<Record<RequestSubject, readonly Case[]>> = {
  "auth.validate": validations,
  "auth.login": logins,
  "auth.refresh": refreshes,
  "auth.logout": endings(1, { endedSession: { id: expect.any(String) } }),
  "auth.logout_all": endings(2, { endedSessions: endedSessions(2) }),
  "auth.change_password": changes,
  "auth.register": registrations,
};
