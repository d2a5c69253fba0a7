import { expect } from "vitest";
import type { RequestSubject } from "#features/messaging/requests/request-definitions";
import { endedSessionIds } from "../../../support/factories/session-ends.ts";
import { changes, endings, registrations } from "./accounts.ts";
import type { Case } from "./case.ts";
import { logins } from "./logins.ts";
import { refreshes, validations } from "./tokens.ts";

export type { Case } from "./case.ts";

/** The requests for each subject, with the response through both transports. */
export const CASES: Readonly<Record<RequestSubject, readonly Case[]>> = {
  "auth.validate": validations,
  "auth.login": logins,
  "auth.refresh": refreshes,
  "auth.logout": endings(1, { endedSessionId: expect.any(String) }),
  "auth.logout_all": endings(2, { endedSessionIds: endedSessionIds(2) }),
  "auth.change_password": changes,
  "auth.register": registrations,
};
