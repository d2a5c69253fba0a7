import { assess } from "#features/risk/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { AnonymousNetworks } from "#platform/geoip/index";
import { networkOf } from "#platform/ip-address";
import type { ClientInfo } from "#shared/client-info";
import type { TenantId, UserId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import { findLoginHistory, type HistoryOwner } from "../history/login-history.repository.ts";

/** The id used if the identifier matches no user. It has no history, and its query takes as long as any other. */
const NIL_UUID = "00000000-0000-0000-0000-000000000000";
const NO_USER: HistoryOwner = { id: NIL_UUID as UserId, tenantId: NIL_UUID as TenantId };

/** Assesses how unusual a login is: one query for the history, then rules. */
export class LoginRisk {
  constructor(private readonly deps: { db: Db; clock: Clock; networks: Pick<AnonymousNetworks, "isAnonymous"> }) {}

  /** The risk of a login by this user from this client now; `knownDevice` is decided by its token. */
  async assess(user: HistoryOwner | null, client: ClientInfo, knownDevice: boolean): Promise<RiskAssessment> {
    const at = this.deps.clock.now();
    const network = networkOf(client.ipAddress);
    const { history, suspiciousAddress } = await findLoginHistory(this.deps.db, user ?? NO_USER, network, at);
    const anonymousNetwork = this.deps.networks.isAnonymous(client.ipAddress);
    return assess({ at, location: client.location, knownDevice, anonymousNetwork, suspiciousAddress }, history);
  }
}
