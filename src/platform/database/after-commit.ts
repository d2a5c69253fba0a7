type CommitHook = () => void;

/** The work that waits for the commit, by transaction. */
const waiting = new WeakMap<object, CommitHook[]>();

/**
 * Runs `work` once the transaction has committed, and never if it is rolled back. Outside of a transaction, it runs immediately.
 * Work that must not be lost belongs in a job or a row, because a process that dies after the commit does not run it.
 */
export const afterCommit = (db: object, work: CommitHook): void => {
  const queue = waiting.get(db);
  if (queue) queue.push(work);
  else work();
};

/**
 * Runs a transaction that supports `afterCommit`; `begin` passes the transaction to its argument. `within`: the enclosing
 * transaction if this one is a savepoint; its work then waits for the enclosing commit.
 */
export const withCommitHooks = async <Result>(
  begin: (enter: (tx: object) => void) => Promise<Result>,
  within?: object,
): Promise<Result> => {
  const queue: CommitHook[] = [];
  const result = await begin((tx) => waiting.set(tx, queue));
  for (const each of queue) {
    if (within) afterCommit(within, each);
    else each();
  }
  return result;
};
