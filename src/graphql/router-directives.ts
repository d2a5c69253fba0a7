import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  isObjectType,
  Kind,
  parseType,
} from "graphql";
import { OPERATOR_PERMISSION } from "#shared/permissions";
import type { AccessDirectives } from "./directives.ts";

/**
 * Adds `@authenticated` and `@requiresScopes` of Apollo Federation next to this API's own directives, so that a router that
 * verifies access tokens refuses a call before it reaches this API. This API enforces its own directives (access.ts), which have
 * the same meaning.
 */
export const addRouterDirectives = (schema: GraphQLSchema, directives: AccessDirectives): void => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields()))
      if (roots.includes(type) || hasAuth(field, directives)) addTo(field, directives);
  }
};

const hasAuth = ({ astNode }: GraphQLField<unknown, unknown>, { auth }: AccessDirectives): boolean =>
  astNode != null && getDirectiveValues(auth, astNode) !== undefined;

/** Fields of the Federation protocol itself: the router calls them for every caller. */
const PROTOCOL: ReadonlySet<string> = new Set(["_service", "_entities"]);

const addTo = (field: GraphQLField<unknown, unknown>, directives: AccessDirectives): void => {
  const { astNode } = field;
  if (PROTOCOL.has(field.name) || (astNode && getDirectiveValues(directives.public, astNode))) return;
  const { operator, permission } = (astNode && getDirectiveValues(directives.auth, astNode)) ?? {};
  const scopes = operator ? [OPERATOR_PERMISSION] : permission ? [String(permission), OPERATOR_PERMISSION] : [];
  const added = [directive("authenticated"), ...(scopes.length > 0 ? [requiresScopes(scopes)] : [])];
  field.astNode = { ...(astNode ?? nodeOf(field)), directives: [...(astNode?.directives ?? []), ...added] };
};

const nodeOf = ({ name, type }: GraphQLField<unknown, unknown>): FieldDefinitionNode => ({
  kind: Kind.FIELD_DEFINITION,
  name: { kind: Kind.NAME, value: name },
  type: parseType(String(type)),
});

const directive = (name: string, args: ConstDirectiveNode["arguments"] = []): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: name },
  arguments: args,
});

/** One of these scopes is sufficient. */
const requiresScopes = (scopes: readonly string[]): ConstDirectiveNode =>
  directive("requiresScopes", [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: "scopes" },
      value: {
        kind: Kind.LIST,
        values: scopes.map((value) => ({ kind: Kind.LIST, values: [{ kind: Kind.STRING, value }] })),
      },
    },
  ]);
