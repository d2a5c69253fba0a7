/** Where the time comes from. Everything takes a clock, so that tests can move it. */
export interface Clock {
  now(): Date;
}

/**
 * What a process measures time by until the database has told it what time it is. `shift` is added to what the database
 * says: tests move the time of the whole installation with it.
 */
export interface LocalClock extends Clock {
  /** Milliseconds. */
  readonly shift: number;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * The system's time when the process started, and the time that has passed since. It does not follow a system clock that is
 * set: a correction of an hour in either direction must not make sessions expire or live longer.
 */
export const steadyClock: LocalClock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  shift: 0,
};
