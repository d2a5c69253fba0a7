import { type ASTNode, GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { GraphQLURL } from "graphql-scalars";
import { hasEmailForm } from "#shared/emails";

export { GraphQLDateTime as DateTime, GraphQLJSONObject as JSONObject } from "graphql-scalars";

/** The value is not in the message: it may end in a log. The node, of a literal, says which input it was. */
const emailAddressIn = (value: unknown, node?: ASTNode): string => {
  if (typeof value === "string" && hasEmailForm(value)) return value;
  throw new GraphQLError("Value is not a valid email address.", node && { nodes: node });
};

export const EmailAddress = new GraphQLScalarType({
  name: "EmailAddress",
  description:
    "An e-mail address (HTML Living Standard). The part before the @ is ASCII; the domain may be in any script, and counts as the same in each of its spellings.",
  specifiedByURL: "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
  serialize: String,
  parseValue: (value) => emailAddressIn(value),
  parseLiteral: (node: ASTNode) => emailAddressIn(node.kind === Kind.STRING ? node.value : null, node),
});

/** An address that still knows how it was written: where it is compared with a list, nothing may be made alike before. */
export class WrittenUrl extends URL {
  readonly written: string;

  constructor(written: string) {
    super(written);
    this.written = written;
  }
}

const { parseValue, parseLiteral, ...url } = GraphQLURL.toConfig();

export const Url = new GraphQLScalarType({
  ...url,
  parseValue: (value) => (typeof value === "string" ? new WrittenUrl(value) : parseValue(value)),
  parseLiteral: (node: ASTNode, variables) =>
    node.kind === Kind.STRING ? new WrittenUrl(node.value) : parseLiteral(node as never, variables),
});
