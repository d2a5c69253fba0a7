import type { Clock } from "#platform/clock";
import { after, MINUTE } from "#shared/durations";

export interface FloodAlertOptions {
  readonly clock: Clock;
  /** Failed logins a minute on this replica from which on somebody should look. */
  readonly perMinute: number;
  /** Called at most once a minute. */
  readonly onFlood: (flood: { readonly failures: number; readonly refusing: boolean }) => void;
}

/** Alerts about floods of failed logins before any net over the whole installation refuses one: honest floods exist, too. */
export class FloodAlert {
  readonly #options: FloodAlertOptions;
  #minuteEndsAt = new Date(0);
  #failures = 0;
  #alerted = false;

  constructor(options: FloodAlertOptions) {
    this.#options = options;
  }

  /** A login failed or was refused. */
  noteFailure(): void {
    this.#turnMinute();
    this.#failures += 1;
    if (this.#failures >= this.#options.perMinute) this.#alert(false);
  }

  /** The net over the whole installation refused a login. */
  noteRefusal(): void {
    this.#turnMinute();
    this.#alert(true);
  }

  #turnMinute(): void {
    const now = this.#options.clock.now();
    if (now < this.#minuteEndsAt) return;
    this.#minuteEndsAt = after(now, MINUTE);
    this.#failures = 0;
    this.#alerted = false;
  }

  #alert(refusing: boolean): void {
    if (this.#alerted) return;
    this.#alerted = true;
    this.#options.onFlood({ failures: this.#failures, refusing });
  }
}
