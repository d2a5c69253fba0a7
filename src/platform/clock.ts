/** The source of time. All code takes a clock as an argument, so that tests can move it. */
export interface Clock {
  now(): Date;
}

/**
 * The time of a process until the database's clock was read. `shift` is added to the database's time: tests use it to move the
 * time of the whole installation.
 */
export interface LocalClock extends Clock {
  /** Milliseconds. */
  readonly shift: number;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * The system time when the process started, plus the time that has passed since. It does not follow changes of the system clock:
 * a correction by an hour must not make sessions expire or live longer.
 */
export const steadyClock: LocalClock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  shift: 0,
};
