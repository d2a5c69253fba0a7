import type { Clock } from "#platform/clock";
import { after, MINUTE } from "#shared/durations";

export interface FloodAlertOptions {
  readonly clock: Clock;
  /** The number of failed logins per minute on this replica that raises an alert. */
  readonly perMinute: number;
  /** Called at most once a minute. */
  readonly onFlood: (flood: { readonly failures: number; readonly refusing: boolean }) => void;
}

/** Alerts about floods of failed logins before the limit for the whole installation rejects any, because floods can be legitimate. */
export class FloodAlert {
  readonly #options: FloodAlertOptions;
  #minuteEndsAt = new Date(0);
  #failures = 0;
  #alerted = false;

  constructor(options: FloodAlertOptions) {
    this.#options = options;
  }

  /** Records that a login failed or was rejected. */
  noteFailure(): void {
    this.#resetEveryMinute();
    this.#failures += 1;
    if (this.#failures >= this.#options.perMinute) this.#alert(false);
  }

  /** Records that the limit for the whole installation rejected a login. */
  noteRefusal(): void {
    this.#resetEveryMinute();
    this.#alert(true);
  }

  #resetEveryMinute(): void {
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
