/**
 * In which order a transaction locks rows. One that needs rows of several kinds takes them in this order, and rows of one kind
 * by ascending id; then no two transactions wait for each other. Inserting a row locks what its foreign keys name, and
 * deleting one locks what refers to it: docs/decisions/lock-order.md says what follows of that.
 */
export const LOCK_ORDER = ["tenant", "user", "membership", "session", "device", "everything else"] as const;

/**
 * The numbers of our advisory locks: any, but no two alike, for a database has one space for all of them. Replicas of
 * another version go by the same numbers, so they never change.
 */
export const LOCKS = {
  /** Processes that start together migrate one after the other. */
  migration: 7_011_952,
  /** The same, of versions up to 0.1: they wait for it inside of Postgres, which would keep indexes from being built. */
  migrationBefore: 7_011_947,
  /** And so make partitions … */
  partitions: 7_011_948,
  /** … and the first signing key, which by that is made only once. */
  signingKeys: 7_011_950,
  /** The class of the locks by which living job workers are known; the second number is the worker's. */
  livingWorkers: 7_011_949,
  /** Held by the one process that tells events to the rest of the company, while it does. */
  eventRelay: 7_011_951,
  /** Held by a transaction that takes an operator away, so that of two operators who remove each other one stays. */
  operators: 7_011_953,
  /** Held by a transaction that sums up what happened: of two replicas one waits. */
  rollUp: 7_011_954,
  /**
   * Held by a transaction that decides over homes, before all rows: shared by one that decides over one user's, alone by one that
   * decides over those of a tenant's members. Otherwise a home could move to a tenant that is suspended at the same moment.
   */
  homes: 7_011_960,
  /** Held by everyone who uses the embedded server. */
  embeddedServer: 7_061_982,
} as const;
