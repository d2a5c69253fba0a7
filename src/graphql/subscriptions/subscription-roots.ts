import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/** The directives that make a selection conditional. */
const CONDITIONS: ReadonlySet<string> = new Set(["include", "skip"]);

/**
 * Whether @include or @skip is used at the root of a subscription, directly or in a fragment. The September 2025 edition of
 * GraphQL forbids it (section 5.2.3.1), and graphql-js throws if it has a variable there instead of reporting it.
 */
export const hasConditionalRoot = (document: DocumentNode, { selectionSet }: OperationDefinitionNode): boolean => {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const seen = new Set<string>();

  const isConditional = ({ selections }: SelectionSetNode): boolean =>
    selections.some((node) => {
      if (node.directives?.some(({ name }) => CONDITIONS.has(name.value))) return true;
      if (node.kind === Kind.INLINE_FRAGMENT) return isConditional(node.selectionSet);
      if (node.kind !== Kind.FRAGMENT_SPREAD || seen.has(node.name.value)) return false;
      seen.add(node.name.value);
      const fragment = fragments.get(node.name.value);
      return fragment !== undefined && isConditional(fragment.selectionSet);
    });

  return isConditional(selectionSet);
};
