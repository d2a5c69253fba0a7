import { isAborted } from "./errors.ts";

type Results<Steps extends readonly unknown[]> = { -readonly [Index in keyof Steps]: Awaited<Steps[Index]> };

/**
 * Runs statements of one transaction together: they share round trips, and Postgres executes them in this order.
 *
 * @throws the first error in this order, after all of them have finished. Otherwise a statement could be sent after the rollback,
 *   outside of the transaction. An error that only reports that another step failed is used last.
 */
export const together = async <const Steps extends readonly unknown[]>(...steps: Steps): Promise<Results<Steps>> => {
  const settled = await Promise.allSettled(steps);
  const errors = settled.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  if (errors.length > 0) throw errors.find((error) => !isAborted(error)) ?? errors[0];
  return (await Promise.all(steps)) as Results<Steps>;
};
