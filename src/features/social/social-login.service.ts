import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import { AppError } from "../../shared/errors.ts";
import type { DevicesService } from "../devices/index.ts";
import {
  type DeliveryRequest,
  deliveryOf,
  type LoginCompletion,
  type LoginRisk,
  type LoginStep,
  type LoginSteps,
  obstacleTo,
} from "../login/index.ts";
import { findSocialCandidate, updateSocialAccountUsed } from "./social-accounts.repository.ts";
import type { SocialAdmission } from "./social-admission.ts";
import type { Arrival, Return, SocialVisits } from "./social-visits.service.ts";

/** Whoever is back; how the tokens are wanted was said before. */
export type SocialLoginRequest = Return & Omit<DeliveryRequest, "transport">;

export interface SocialLoginDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly devices: Pick<DevicesService, "tokenHash" | "recognised">;
  readonly visits: Pick<SocialVisits, "comeBack">;
  readonly admission: Pick<SocialAdmission, "admit">;
  readonly risk: LoginRisk;
  readonly steps: Pick<LoginSteps, "take">;
  readonly completion: Pick<LoginCompletion, "keepOut">;
}

/** How often a login is begun anew because the account came to be, or changed, under it. */
const MAX_TRIES = 4;

/**
 * Logging in by an account at a provider: it is one factor, in the place of the password, and what follows is the same.
 * Beyond what the provider takes it costs one update (the visit), one read (whose account it is), one of the history, one
 * transaction.
 */
export class SocialLoginService {
  readonly #deps: SocialLoginDeps;

  constructor(deps: SocialLoginDeps) {
    this.#deps = deps;
  }

  /**
   * Answers a session, or what is still to be proved. Throws as `SocialVisits.comeBack`, `SocialAdmission.admit` and
   * `LoginSteps.take`.
   */
  async finish(request: SocialLoginRequest, client: Client): Promise<LoginStep> {
    const arrival = await this.#deps.visits.comeBack(request);
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const step = await this.#try(arrival, request, client);
      if (step !== "OUTDATED") return step;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  }

  async #try(
    arrival: Arrival,
    { deviceToken, deviceTokenInCookie }: SocialLoginRequest,
    client: Client,
  ): Promise<LoginStep | "OUTDATED"> {
    const { admission, completion, db, devices, risk, steps } = this.#deps;
    const { identity, transport } = arrival;
    const found = await findSocialCandidate(db, identity, devices.tokenHash(deviceToken));
    if (found === null) {
      await admission.admit(arrival, client);
      return "OUTDATED";
    }
    const { socialAccountId, createdBySession, ...candidate } = found;
    const { user, tenantStatus, deviceId } = candidate;
    const about = {
      identifier: user.emailCanonical,
      client,
      risk: await risk.assess(user, client, deviceId !== null),
    };
    const obstacle = obstacleTo({ ...user, tenantStatus });
    if (obstacle) return completion.keepOut({ ...about, user }, obstacle);

    const device = devices.recognised(deviceToken, deviceId);
    const login = {
      ...about,
      candidate,
      device,
      delivery: deliveryOf({ transport, deviceToken, deviceTokenInCookie }, device),
      methods: ["SOCIAL"],
      socialAccountId,
      createdBySession,
    } as const;
    const account = { id: socialAccountId, userId: user.id };
    return steps
      .take(login, (tx) => this.#use(tx, account, identity.email))
      .catch((error: unknown) => {
        if (error instanceof UnlinkedError) return "OUTDATED" as const;
        throw error;
      });
  }

  /** Behind the lock on the user's row: an account that was unlinked meanwhile opens nothing. */
  async #use(tx: Db, account: Parameters<typeof updateSocialAccountUsed>[1], email: string | null): Promise<void> {
    if (!(await updateSocialAccountUsed(tx, account, { email, now: this.#deps.clock.now() })))
      throw new UnlinkedError();
  }
}

/** Rolls the transaction back; never leaves this file. */
class UnlinkedError extends Error {}
