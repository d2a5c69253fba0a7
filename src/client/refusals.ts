/** As much of a GraphQL answer as says whether it is to be asked again. */
interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: unknown }[] | undefined;
}

/**
 * Whether the token was refused, and nothing was done. A mutation of which one field was carried out is not repeated: it would be
 * carried out again.
 */
export const isRefused = ({ data, errors = [] }: Answer, isMutation: boolean): boolean =>
  errors.some(({ extensions }) => (extensions as { code?: unknown } | undefined)?.code === "UNAUTHENTICATED") &&
  !(isMutation && Object.values(data ?? {}).some((value) => value !== null));
