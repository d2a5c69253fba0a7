import { type ASTNode, GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { GraphQLDateTime, GraphQLIP, GraphQLURL } from "graphql-scalars";
import { hasEmailForm } from "#shared/emails";

export { GraphQLJSONObject as JSONObject } from "graphql-scalars";

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
});

/** The message does not contain the value, because it may end up in a log. For a literal, the node identifies the input. */
const emailAddressIn = (value: unknown, node?: ASTNode): string => {
  if (typeof value === "string" && hasEmailForm(value)) return value;
  throw new GraphQLError("Value is not a valid email address.", node && { nodes: node });
};

/** Accepts any text: an invalid tag counts as the default language (shared/locales.ts). */
const localeTagIn = (value: unknown, node?: ASTNode): string => {
  if (typeof value === "string") return value;
  throw new GraphQLError("Value is not a language tag.", node && { nodes: node });
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

/** Only for values that Portcullis itself writes: an IPv4 or IPv6 address. */
export const IPAddress = new GraphQLScalarType({
  ...GraphQLIP.toConfig(),
  name: "IPAddress",
  description: "An address of IPv4 (203.0.113.7) or IPv6 (2001:db8::7), RFC 4291 section 2.2 and RFC 5952.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc5952",
});

export const Locale = new GraphQLScalarType({
  name: "Locale",
  description:
    "A language tag of BCP 47: en, de-CH. Tags are normalised; an unknown one falls back to English and never causes a refusal.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc5646",
  serialize: String,
  parseValue: (value) => localeTagIn(value),
  parseLiteral: (node: ASTNode) => localeTagIn(node.kind === Kind.STRING ? node.value : null, node),
});

/** A URL that keeps its original spelling: when it is compared with a list, it must not be normalized before. */
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
