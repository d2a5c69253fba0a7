import { GraphQLError, Kind, OperationTypeNode, type SelectionSetNode, type ValidationRule } from "graphql";

/**
 * An operation may verify only one credential. Otherwise aliases and fragments could carry a thousand guesses in one request
 * (OWASP GraphQL cheat sheet, "Batching attacks").
 */
export const singleCredentialRule: ValidationRule = (context) => {
  const mutation = context.getSchema().getMutationType();
  const fields = mutation?.getFields() ?? {};

  /** The fields of Mutation that a selection names, including inline fragments; named fragments are handled separately. */
  const rootFields = (selection: SelectionSetNode): string[] =>
    selection.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return [node.name.value];
      return node.kind === Kind.INLINE_FRAGMENT ? rootFields(node.selectionSet) : [];
    });

  return {
    [Kind.OPERATION_DEFINITION]: (operation) => {
      if (operation.operation !== OperationTypeNode.MUTATION) return;
      const fragments = context
        .getRecursivelyReferencedFragments(operation)
        .filter(({ typeCondition }) => typeCondition.name.value === mutation?.name);
      const credentialFields = [operation, ...fragments]
        .flatMap(({ selectionSet }) => rootFields(selectionSet))
        .filter((name) => fields[name]?.extensions.provesCredential === true);
      if (credentialFields.length > 1) {
        const message = "An operation may verify only one credential: send one such mutation per request.";
        context.reportError(new GraphQLError(message, { nodes: operation }));
      }
    },
  };
};
