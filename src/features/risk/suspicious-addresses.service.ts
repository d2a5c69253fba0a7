import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { networkOf } from "#platform/ip-address";
import { after } from "#shared/durations";
import type { TenantId } from "#shared/ids";
import { SUSPICIOUS_FOR } from "./risk.policy.ts";
import { deleteDeniedNetworksUntil, upsertDeniedNetwork } from "./suspicious-addresses.repository.ts";

/** Where denied logins came from: for 90 days it makes logins of the same tenant riskier, and of no other tenant. */
export class SuspiciousAddresses {
  constructor(private readonly deps: { db: Db; clock: Clock }) {}

  /** Notes where a login of the tenant's user came from, in the transaction of its denial. Takes the one spelling of an address. */
  async mark(tx: Db, tenantId: TenantId, ipAddress: string): Promise<void> {
    await upsertDeniedNetwork(tx, { tenantId, network: networkOf(ipAddress), deniedAt: this.deps.clock.now() });
  }

  /** Forgets those that are suspicious no longer. */
  async sweep(): Promise<void> {
    await deleteDeniedNetworksUntil(this.deps.db, after(this.deps.clock.now(), -SUSPICIOUS_FOR));
  }
}
