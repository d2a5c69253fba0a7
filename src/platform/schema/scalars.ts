import { type ASTNode, GraphQLScalarType, Kind } from "graphql";
import { GraphQLURL } from "graphql-scalars";

export {
  GraphQLDateTime as DateTime,
  GraphQLEmailAddress as EmailAddress,
  GraphQLJSONObject as JSONObject,
} from "graphql-scalars";

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
