import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isUnionType,
} from "graphql";
import type { RootField } from "../clients/root-fields.ts";

/** A place in a root field's arguments that takes one value: `input.name`. */
export interface Place {
  readonly path: readonly string[];
  /** The name of its type: String, ID, EmailAddress. */
  readonly type: string;
  /** Whether a value is required; within an optional input, if that input is given. */
  readonly required: boolean;
}

/** Every such place, at any depth; a list counts as its elements. */
export const placesOf = ({ field }: RootField): Place[] => field.args.flatMap((arg) => placesIn([arg.name], arg.type));

const placesIn = (path: readonly string[], type: GraphQLInputType): Place[] => {
  const named = getNamedType(type);
  if (isRepresentation(named))
    return ["__typename", "id"].map((name) => ({
      path: [...path, name],
      type: name === "id" ? "ID" : "String",
      required: true,
    }));
  if (!isInputObjectType(named)) return [placeAt(path, type)];
  return Object.values(named.getFields()).flatMap((field) => placesIn([...path, field.name], field.type));
};

/** The representation of an entity (Apollo Federation): its type and its id. */
const isRepresentation = ({ name }: GraphQLNamedType): boolean => name === "_Any";

const placeAt = (path: readonly string[], type: GraphQLInputType): Place => ({
  path,
  type: getNamedType(type).name,
  required: isNonNullType(type),
});

/** All fields of an input; for one that takes exactly one (@oneOf), the one that leads to the place, or else the first. */
const fieldsToFill = (input: GraphQLInputObjectType, path: readonly string[], at?: Place): GraphQLInputField[] => {
  const fields = Object.values(input.getFields());
  if (!input.isOneOf) return fields;
  const leading = at?.path.slice(0, path.length).join() === path.join() ? at.path[path.length] : undefined;
  return fields.filter(({ name }) => name === (leading ?? fields[0]?.name));
};

/** The value for a place; undefined leaves it out. */
export type Sample = (place: Place) => unknown;

/** Arguments with a sample in each place, and `value` in the given one. */
export const argumentsWith = (
  root: RootField,
  sample: Sample,
  at?: Place,
  value?: unknown,
): Record<string, unknown> => {
  const isAt = (path: readonly string[]): boolean => at !== undefined && path.join() === at.path.join();
  /** One for each entity type, so that one of them is right for any id. */
  const represent = (path: readonly string[]): object[] => {
    const entity = getNamedType(root.field.type);
    const [typenameAt, idAt] = [
      [...path, "__typename"],
      [...path, "id"],
    ];
    return (isUnionType(entity) ? entity.getTypes() : []).map(({ name }) => ({
      __typename: isAt(typenameAt) ? value : name,
      id: isAt(idAt) ? value : sample({ path: idAt, type: "ID", required: true }),
    }));
  };
  const fill = (path: readonly string[], type: GraphQLInputType): unknown => {
    const named = getNamedType(type);
    if (isRepresentation(named)) return represent(path);
    const one = isInputObjectType(named)
      ? unlessEmpty(
          fieldsToFill(named, path, at)
            .map((field) => [field.name, fill([...path, field.name], field.type)] as const)
            .filter(([, given]) => given !== undefined),
          isNonNullType(type),
        )
      : isAt(path)
        ? value
        : isEnumType(named)
          ? named.getValues()[0]?.name
          : sample(placeAt(path, type));
    return isListType(getNullableType(type)) && one !== undefined ? [one] : one;
  };
  return Object.fromEntries(
    root.field.args.map((arg) => [arg.name, fill([arg.name], arg.type)]).filter(([, given]) => given !== undefined),
  );
};

/** An optional input is left out if it would be empty. */
const unlessEmpty = (entries: readonly (readonly [string, unknown])[], required: boolean) =>
  entries.length > 0 || required ? Object.fromEntries(entries) : undefined;
