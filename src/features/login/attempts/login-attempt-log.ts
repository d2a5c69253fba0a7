import type { User } from "#features/users/index";
import { afterCommit } from "#platform/database/after-commit";
import type { Db } from "#platform/database/database";
import { type Ids, timeOfId } from "#platform/ids";
import type { ClientInfo } from "#shared/client-info";
import type { LoginAttemptId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import type { UnknownIdentifiers } from "../first-factors/password/unknown-identifiers.ts";
import type { LoginOutcome } from "../flow/login.policy.ts";
import { insertLoginAttempt } from "./login-attempts.repository.ts";

export interface LoginAttemptDraft {
  /** In canonical form. If it matches no user, only its digest is stored. */
  readonly identifier: string;
  /** The user with this identifier; null if it matches no user. */
  readonly user: Pick<User, "id" | "tenantId"> | null;
  readonly client: ClientInfo;
  readonly outcome: LoginOutcome;
  readonly risk: RiskAssessment;
}

export interface LoginAttemptLogDeps {
  readonly ids: Ids;
  readonly unknownIdentifiers: UnknownIdentifiers;
  /** Called with the outcome of each attempt after the commit. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
}

/** Records the outcome of each login attempt. */
export class LoginAttemptLog {
  constructor(private readonly deps: LoginAttemptLogDeps) {}

  async record(db: Db, { identifier, user, client, outcome, risk }: LoginAttemptDraft): Promise<void> {
    const id = this.deps.ids.next<LoginAttemptId>();
    await insertLoginAttempt(db, {
      id,
      occurredAt: timeOfId(id),
      tenantId: user?.tenantId ?? null,
      userId: user?.id ?? null,
      identifier: user ? identifier : this.deps.unknownIdentifiers.digest(identifier),
      outcome,
      risk,
      ipAddress: client.ipAddress,
      device: client.device,
      location: client.location,
    });
    // A denial concerns a login that was already counted.
    if (outcome !== "DENIED") afterCommit(db, () => this.deps.onOutcome?.(outcome));
  }

  /** Counts a rejection from memory, for which no row is written. */
  noteUnrecorded(outcome: "LOCKED"): void {
    this.deps.onOutcome?.(outcome);
  }
}
