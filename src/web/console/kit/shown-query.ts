interface Query<Data> {
  readonly data?: Data | undefined;
  readonly previousData?: Data | undefined;
  readonly error?: unknown;
  readonly loading: boolean;
  readonly refetch: () => Promise<unknown>;
}

/** A query that shows what it had while it loads another page or filter, instead of a skeleton. */
export const shownOf = <Data>({ data, previousData, error, loading, refetch }: Query<Data>) => ({
  data: data ?? (error ? undefined : previousData),
  error,
  refetch,
  isStale: loading && data === undefined,
});
