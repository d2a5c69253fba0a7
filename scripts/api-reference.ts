import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isUnionType,
  print,
} from "graphql";

const PROJECT = new URL("../", import.meta.url);
const NOTE = "<!-- Written by `npm run schema` from schema.graphql. -->";

/** Types of the Federation specification, which only routers read. */
const OF_ROUTERS = /^(_|link__|FieldSet$|federation__)/;

/** @returns the pages of docs/api, by their names */
export const writeReference = (text: string): Record<string, string> => {
  const schema = buildSchema(text);
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !OF_ROUTERS.test(type.name) && !isRoot(schema, type),
  );
  const inputs = new Set(mutationInputs(schema));
  return {
    "queries.md": rootPage("Queries", schema.getQueryType(), inputs),
    "mutations.md": rootPage("Mutations", schema.getMutationType(), inputs),
    "subscriptions.md": rootPage("Subscriptions", schema.getSubscriptionType(), inputs),
    "types.md": typesPage(types.filter((type) => !inputs.has(type))),
  };
};

/** The inputs that belong to a single mutation: its section describes them. */
const mutationInputs = (schema: GraphQLSchema): GraphQLNamedType[] =>
  Object.values(schema.getMutationType()?.getFields() ?? {})
    .flatMap(({ args }) => args)
    .map(({ type }) => getNamedType(type))
    .filter(isInputObjectType);

const isRoot = (schema: GraphQLSchema, type: GraphQLNamedType): boolean =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some((root) => root === type);

const rootPage = (title: string, root: GraphQLObjectType | null | undefined, inputs: Set<GraphQLNamedType>): string => {
  const fields = Object.values(root?.getFields() ?? {}).filter(({ name }) => !name.startsWith("_"));
  const sections = fields.map((field) => fieldSection(field, inputs));
  return page(title, root?.description, sections);
};

const page = (title: string, text: string | null | undefined, sections: readonly string[]): string =>
  `${[NOTE, `# ${title}`, ...(text ? [text] : []), ...sections].join("\n\n")}\n`;

const fieldSection = (field: GraphQLField<unknown, unknown>, inputs: Set<GraphQLNamedType>): string => {
  const [argument] = field.args;
  const input = argument && getNamedType(argument.type);
  return [
    `## ${field.name}`,
    `Returns ${linked(field.type)}.${access(field)}`,
    ...deprecation(field),
    field.description,
    isInputObjectType(input) && inputs.has(input)
      ? `\`input: ${argument?.type}\`${isOneOf(input) ? ", exactly one field" : ""}: ${argument?.description ?? ""}`
      : "",
    isInputObjectType(input) && inputs.has(input)
      ? table("Field", Object.values(input.getFields()))
      : field.args.length > 0 && table("Argument", field.args),
  ]
    .filter(Boolean)
    .join("\n\n");
};

const isOneOf = (input: GraphQLNamedType): boolean => isInputObjectType(input) && input.isOneOf;

/** The directives that declare who may call it. */
const access = ({ astNode }: GraphQLField<unknown, unknown>): string => {
  const directives = (astNode?.directives ?? []).filter(({ name }) => /^(public|auth|reauth)$/.test(name.value));
  return directives.length > 0
    ? ` Access: ${directives.map((directive) => `\`${print(directive)}\``).join(", ")}.`
    : "";
};

const deprecation = ({ deprecationReason }: { readonly deprecationReason?: string | null | undefined }): string[] =>
  deprecationReason ? [`**Deprecated:** ${deprecationReason}`] : [];

const typesPage = (types: readonly GraphQLNamedType[]): string =>
  page(
    "Types",
    "Objects, interfaces, unions, inputs, enums and scalars, by name. The input of a mutation is described with the mutation.",
    types.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(typeSection),
  );

const typeSection = (type: GraphQLNamedType): string =>
  [`## ${type.name}`, kindOf(type), type.description ?? "", membersOf(type)].filter(Boolean).join("\n\n");

const kindOf = (type: GraphQLNamedType): string => {
  if (isObjectType(type)) {
    const interfaces = type.getInterfaces().map(linked).join(", ");
    return interfaces ? `Object, implements ${interfaces}.` : "Object.";
  }
  if (isInterfaceType(type)) return "Interface.";
  if (isUnionType(type)) return `Union of ${type.getTypes().map(linked).join(", ")}.`;
  if (isEnumType(type)) return "Enum.";
  if (isScalarType(type)) return type.specifiedByURL ? `Scalar, specified by <${type.specifiedByURL}>.` : "Scalar.";
  return isOneOf(type) ? "Input with exactly one of its fields." : "Input.";
};

const membersOf = (type: GraphQLNamedType): string => {
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
    return table("Field", Object.values<Described>(type.getFields()));
  if (!isEnumType(type)) return "";
  const values = type
    .getValues()
    .map((value) => row([`\`${value.name}\``, [...deprecation(value), value.description ?? ""].join(" ")]));
  return ["| Value | |", "|-|-|", ...values].join("\n");
};

type Described = GraphQLArgument | GraphQLInputField | GraphQLField<unknown, unknown>;

const table = (title: string, members: readonly Described[]): string => {
  const rows = members.map((member) =>
    row([
      `\`${member.name}\``,
      linked(member.type),
      [...deprecation(member), member.description ?? "", argumentsOf(member), defaultOf(member)]
        .filter(Boolean)
        .join(" "),
    ]),
  );
  return [`| ${title} | Type | |`, "|-|-|-|", ...rows].join("\n");
};

const argumentsOf = (member: Described): string =>
  "args" in member && member.args.length > 0
    ? `Arguments: ${member.args.map(({ name, type }) => `\`${name}: ${type}\``).join(", ")}.`
    : "";

const defaultOf = ({ astNode }: Described): string =>
  astNode && "defaultValue" in astNode && astNode.defaultValue ? `Default: \`${print(astNode.defaultValue)}\`.` : "";

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("\n", " ").replaceAll("|", "\\|")).join(" | ")} |`;

/** The type's name, with a link to it unless it is a common scalar. */
const linked = (type: GraphQLType): string => {
  const { name } = getNamedType(type);
  if (/^(ID|String|Int|Float|Boolean)$/.test(name)) return `\`${type}\``;
  return name.endsWith("Input") ? `\`${type}\`` : `[\`${type}\`](types.md#${name.toLowerCase()})`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = writeReference(await readFile(new URL("schema.graphql", PROJECT), "utf8"));
  for (const [name, text] of Object.entries(pages)) await writeFile(new URL(`docs/api/${name}`, PROJECT), text);
}
