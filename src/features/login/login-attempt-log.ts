import type { Db } from "../../platform/database/database.ts";
import { type Ids, timeOfId } from "../../platform/ids.ts";
import type { Client } from "../../shared/client.ts";
import type { LoginAttemptId } from "../../shared/ids.ts";
import type { RiskAssessment } from "../../shared/risk.ts";
import type { User } from "../users/index.ts";
import type { LoginOutcome } from "./login.policy.ts";
import { insertLoginAttempt } from "./login-attempts.repository.ts";

export interface LoginAttemptDraft {
  readonly identifier: string;
  /** Whom the identifier names; null where nobody has it. */
  readonly user: Pick<User, "id" | "tenantId"> | null;
  readonly client: Client;
  readonly outcome: LoginOutcome;
  readonly risk: RiskAssessment;
}

/** Writes what each try to log in came to. */
export class LoginAttemptLog {
  readonly #ids: Ids;

  constructor({ ids }: { ids: Ids }) {
    this.#ids = ids;
  }

  async record(db: Db, { identifier, user, client, outcome, risk }: LoginAttemptDraft): Promise<void> {
    const id = this.#ids.next<LoginAttemptId>();
    await insertLoginAttempt(db, {
      id,
      occurredAt: timeOfId(id),
      tenantId: user?.tenantId ?? null,
      userId: user?.id ?? null,
      identifier,
      outcome,
      risk,
      ipAddress: client.ipAddress,
      device: client.device,
      location: client.location,
    });
  }
}
