type Results<Steps extends readonly unknown[]> = { -readonly [Index in keyof Steps]: Awaited<Steps[Index]> };

/**
 * Runs statements of one transaction together: they share round trips, and Postgres executes them in this order.
 * @throws the first error in this order, after all of them have finished: nothing is sent after the rollback, where it would
 * stand by itself.
 */
export const together = async <const Steps extends readonly unknown[]>(...steps: Steps): Promise<Results<Steps>> => {
  for (const each of await Promise.allSettled(steps)) if (each.status === "rejected") throw each.reason;
  return (await Promise.all(steps)) as Results<Steps>;
};
