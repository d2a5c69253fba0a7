import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { networkOf } from "#platform/ip-address";
import { after } from "#shared/durations";
import type { TenantId } from "#shared/ids";
import { deleteDeniedNetworksUntil, upsertDeniedNetwork } from "./denied-networks.repository.ts";
import { SUSPICIOUS_FOR_MS } from "./risk.policy.ts";

/** The networks of denied logins. For 90 days they raise the risk of logins in the same tenant, and in no other tenant. */
export class DeniedNetworks {
  constructor(private readonly deps: { db: Db; clock: Clock }) {}

  /** Records the network of a login that the tenant's user denied, in the transaction of the denial. Expects a normalized address. */
  async mark(tx: Db, tenantId: TenantId, ipAddress: string): Promise<void> {
    await upsertDeniedNetwork(tx, { tenantId, network: networkOf(ipAddress), deniedAt: this.deps.clock.now() });
  }

  /** Deletes networks that are no longer suspicious. */
  async sweep(): Promise<void> {
    await deleteDeniedNetworksUntil(this.deps.db, after(this.deps.clock.now(), -SUSPICIOUS_FOR_MS));
  }
}
