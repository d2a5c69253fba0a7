import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import { networkOf } from "../../platform/ip-address.ts";
import type { Networks } from "../../platform/places/index.ts";
import type { Client } from "../../shared/client.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";
import type { RiskAssessment } from "../../shared/risk.ts";
import { assess } from "../risk/index.ts";
import { findLoginHistory, type HistoryOwner } from "./login-history.repository.ts";

/** A login of nobody has no history, and asking for it takes as long as asking for anybody's. */
const NOBODY = "00000000-0000-0000-0000-000000000000";
const NO_USER: HistoryOwner = { id: NOBODY as UserId, tenantId: NOBODY as TenantId };

/** Weighs how unusual a login is: one query for the history, then rules. */
export class LoginRisk {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #networks: Pick<Networks, "isAnonymous">;

  constructor({ db, clock, networks }: { db: Db; clock: Clock; networks: Pick<Networks, "isAnonymous"> }) {
    this.#db = db;
    this.#clock = clock;
    this.#networks = networks;
  }

  /** How unusual a login of this user is, from this client, now; `knownDevice` by its token. */
  async assess(user: HistoryOwner | null, client: Client, knownDevice: boolean): Promise<RiskAssessment> {
    const at = this.#clock.now();
    const network = networkOf(client.ipAddress);
    const { history, suspiciousAddress } = await findLoginHistory(this.#db, user ?? NO_USER, network, at);
    const anonymousNetwork = this.#networks.isAnonymous(client.ipAddress);
    return assess({ at, place: client.location, knownDevice, anonymousNetwork, suspiciousAddress }, history);
  }
}
