/**
 * The order in which a transaction locks rows. A transaction that needs rows of several kinds locks them in this order, and rows
 * of one kind by ascending id, so that no two transactions deadlock. Inserting a row locks the rows of its foreign keys, and
 * deleting one locks the rows that refer to it; see docs/decisions/lock-order.md.
 */
export const LOCK_ORDER = ["tenant", "user", "membership", "session", "device", "everything else"] as const;

/**
 * The numbers of the advisory locks. They are arbitrary but unique, because a database has one namespace for all of them.
 * Replicas of other versions use the same numbers, so they never change.
 */
export const LOCKS = {
  /** Processes that start concurrently migrate one after another. */
  migration: 7_011_952,
  /** The migration lock of versions up to 0.1. They wait for it inside Postgres, which would block concurrent index builds. */
  migrationBefore: 7_011_947,
  /** Serializes the creation of partitions … */
  partitions: 7_011_948,
  /** … and of the first signing key, so that only one is created. */
  signingKeys: 7_011_950,
  /** The class of the locks that mark job workers as alive; the second number identifies the worker. */
  livingWorkers: 7_011_949,
  /** Held by the one process that publishes events to other services. */
  eventRelay: 7_011_951,
  /** Held by a transaction that removes an operator: if two operators remove each other, one remains. */
  operators: 7_011_953,
  /** Held by a transaction that aggregates statistics, so that only one replica does it at a time. */
  rollUp: 7_011_954,
  /**
   * Held by a transaction that decides about home tenants, acquired before all row locks: shared if it decides about one user,
   * exclusive if it decides about all members of a tenant. Otherwise a home could move to a tenant that is being suspended.
   */
  homes: 7_011_960,
  /** Held by every process that uses the embedded server. */
  embeddedServer: 7_061_982,
} as const;
