/**
 * The numbers of our advisory locks: any that are not each other's. A lock is the whole database's, so they are all here;
 * replicas of two versions must agree on them, so they stay.
 */
export const LOCKS = {
  /** Processes that start together migrate one after the other. */
  migration: 7_011_947,
  /** … make partitions one after the other. */
  partitions: 7_011_948,
  /** … make the first signing key one after the other, and so only once. */
  signingKeys: 7_011_950,
  /** The class of the locks by which living job workers are known; the second number is the worker's. */
  livingWorkers: 7_011_949,
  /** Held by everyone who uses the embedded server. */
  embeddedServer: 7_061_982,
} as const;
