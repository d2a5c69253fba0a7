type Work = () => void;

/** What waits for the commit, by transaction. */
const waiting = new WeakMap<object, Work[]>();

/**
 * Runs `work` once the transaction has committed, and never where it is rolled back; outside of a transaction, where what was
 * written stands already, at once. What must not be lost is a job or a row: a process that dies in between runs neither.
 */
export const afterCommit = (db: object, work: Work): void => {
  const queue = waiting.get(db);
  if (queue) queue.push(work);
  else work();
};

/**
 * Runs a transaction so that it keeps the promise of `afterCommit`: `begin` hands the transaction to what it is given. `within`:
 * the transaction of which this one is a savepoint; what waits then waits for that one.
 */
export const committing = async <Result>(
  begin: (enter: (tx: object) => void) => Promise<Result>,
  within?: object,
): Promise<Result> => {
  const queue: Work[] = [];
  const result = await begin((tx) => waiting.set(tx, queue));
  for (const each of queue) {
    if (within) afterCommit(within, each);
    else each();
  }
  return result;
};
