import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import { networkOf } from "../../platform/ip-address.ts";
import { after } from "../../shared/durations.ts";
import type { TenantId } from "../../shared/ids.ts";
import { SUSPICIOUS_FOR } from "./risk.policy.ts";
import { deleteDeniedNetworksUntil, upsertDeniedNetwork } from "./suspicious-addresses.repository.ts";

/** Where denied logins came from: for 90 days it makes logins of the same tenant riskier, and of no other tenant. */
export class SuspiciousAddresses {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor({ db, clock }: { db: Db; clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Notes where a login of the tenant's user came from, in the transaction of its denial. Takes the one spelling of an address. */
  async mark(tx: Db, tenantId: TenantId, ipAddress: string): Promise<void> {
    await upsertDeniedNetwork(tx, { tenantId, network: networkOf(ipAddress), deniedAt: this.#clock.now() });
  }

  /** Forgets those that are suspicious no longer. */
  async sweep(): Promise<void> {
    await deleteDeniedNetworksUntil(this.#db, after(this.#clock.now(), -SUSPICIOUS_FOR));
  }
}
