import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import { networkOf } from "../../platform/ip-address.ts";
import { after } from "../../shared/durations.ts";
import { SUSPICIOUS_FOR } from "./risk.policy.ts";
import { deleteSuspiciousAddressesUntil, upsertSuspiciousAddress } from "./suspicious-addresses.repository.ts";

/** Where denied logins came from: for 90 days, whoever logs in from there is looked at more closely. */
export class SuspiciousAddresses {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor({ db, clock }: { db: Db; clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Notes where a login came from that its user denied, in the denial's transaction. Takes the one spelling of an address. */
  async mark(tx: Db, ipAddress: string): Promise<void> {
    await upsertSuspiciousAddress(tx, networkOf(ipAddress), this.#clock.now());
  }

  /** Forgets those that are suspicious no longer. */
  async sweep(): Promise<void> {
    await deleteSuspiciousAddressesUntil(this.#db, after(this.#clock.now(), -SUSPICIOUS_FOR));
  }
}
