import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { DEFAULT_PAGE, MAX_PAGE } from "#shared/paging";
import { MAX_REPRESENTATIONS } from "../federation.ts";

/** How many fields a response may have, as estimated from the operation. */
const MAX_FIELDS = 50_000;
/** The size of a selection: its fields, counted once for each row, and the types it lists. */
interface Extent {
  readonly fields: number;
  readonly listed: ReadonlySet<string>;
}

const NOTHING: Extent = { fields: 0, listed: new Set() };

const sum = (extents: readonly Extent[]): Extent => ({
  fields: extents.reduce((total, { fields }) => total + fields, 0),
  listed: new Set(extents.flatMap(({ listed }) => [...listed])),
});

/**
 * Bounds the size of the response. Limiting the depth is not enough: each level of `sessions { user { sessions … } }` multiplies
 * it. So no list may contain a list of the same type, and a field counts once for each possible row.
 */
export const queryCostRule: ValidationRule = (context) => ({
  [Kind.OPERATION_DEFINITION]: (operation) => {
    const root = context.getSchema().getRootType(operation.operation);
    const { fields } = measurer(context)(operation.selectionSet, root ?? undefined);
    if (fields > MAX_FIELDS)
      context.reportError(
        new GraphQLError(`The response could have more than ${MAX_FIELDS} fields.`, { nodes: operation }),
      );
  },
});

/** Measures selections; each fragment once, however often it is used. */
const measurer = (context: ValidationContext) => {
  const fragments = new Map<string, Extent>();

  const measure = (selection: SelectionSetNode, parent: GraphQLNamedType | undefined): Extent =>
    sum(selection.selections.map((node) => measureNode(node, parent)));

  const measureNode = (node: SelectionNode, parent: GraphQLNamedType | undefined): Extent => {
    switch (node.kind) {
      case Kind.FIELD:
        return measureField(node, parent);
      case Kind.INLINE_FRAGMENT:
        return measure(node.selectionSet, typeNamed(node.typeCondition?.name.value) ?? parent);
      case Kind.FRAGMENT_SPREAD:
        return measureFragment(node.name.value);
    }
  };

  const measureFragment = (name: string): Extent => {
    const known = fragments.get(name);
    if (known) return known;
    const fragment = context.getFragment(name);
    // Counts as nothing until it is measured. Fragments that form a cycle are refused by another rule.
    fragments.set(name, NOTHING);
    const extent = fragment ? measure(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value)) : NOTHING;
    fragments.set(name, extent);
    return extent;
  };

  const measureField = (node: FieldNode, parent: GraphQLNamedType | undefined): Extent => {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    // Fields that are not in the schema, and __schema: other rules handle them.
    if (!field || !node.selectionSet) return { fields: 1, listed: NOTHING.listed };
    const type = getNamedType(field.type);
    const within = measure(node.selectionSet, type);
    const isList = isListType(getNullableType(field.type)) && isCompositeType(type);
    if (isList && within.listed.has(type.name))
      context.reportError(
        new GraphQLError(`A list of ${type.name} may not contain a list of ${type.name}.`, { nodes: node }),
      );
    return {
      fields: 1 + within.fields * lengthOf(node, field, isList && !parent?.name.endsWith("Connection")),
      listed: isList ? new Set([...within.listed, type.name]) : within.listed,
    };
  };

  const typeNamed = (name: string | undefined) => (name === undefined ? undefined : context.getSchema().getType(name));

  return measure;
};

/** Whether the field is not a list of objects, or its length is bounded by an argument or its declaration. */
export const isBoundedField = (
  parent: GraphQLNamedType,
  { args, extensions, type }: GraphQLField<unknown, unknown>,
): boolean =>
  !isListType(getNullableType(type)) ||
  !isCompositeType(getNamedType(type)) ||
  parent.name.endsWith("Connection") ||
  extensions.maxLength !== undefined ||
  args.some(({ name }) => name === "first" || name === "representations");

/**
 * How many times the contents of a field may occur. The rows of a connection are counted at the field with `first`, entities at the
 * field that requests them.
 */
const lengthOf = (node: FieldNode, field: GraphQLField<unknown, unknown>, isPlainList: boolean): number => {
  if (field.args.some(({ name }) => name === "representations")) return representationsIn(node);
  const declared = field.args.find(({ name }) => name === "first");
  if (!declared) return isPlainList ? (field.extensions.maxLength as number) : 1;
  const given = node.arguments?.find(({ name }) => name.value === "first" || name.value === "last")?.value;
  if (given?.kind === Kind.INT) return Math.min(Number(given.value), MAX_PAGE);
  return given ? MAX_PAGE : Number(declared.defaultValue ?? field.extensions.pageSize ?? DEFAULT_PAGE);
};

const representationsIn = (node: FieldNode): number => {
  const given = node.arguments?.find(({ name }) => name.value === "representations")?.value;
  return given?.kind === Kind.LIST ? Math.min(given.values.length, MAX_REPRESENTATIONS) : MAX_REPRESENTATIONS;
};
