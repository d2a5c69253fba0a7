/** The parts of a GraphQL response that determine whether to repeat the operation. */
interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: unknown }[] | undefined;
}

/**
 * Whether the token was refused and nothing was executed. A mutation is not repeated if one of its fields succeeded, because that
 * field would be executed again.
 */
export const isRefused = ({ data, errors = [] }: Answer, isMutation: boolean): boolean =>
  errors.some(({ extensions }) => (extensions as { code?: unknown } | undefined)?.code === "UNAUTHENTICATED") &&
  !(isMutation && Object.values(data ?? {}).some((value) => value !== null));
