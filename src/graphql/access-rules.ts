import { type GraphQLField, getDirectiveValues } from "graphql";
import type { RateLimitKey } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import type { Permission } from "#shared/permissions";
import type { AccessDirectives } from "./directives.ts";

export type RootField = GraphQLField<unknown, RequestContext>;

/** What the directives of one root field require of its caller. */
export interface AccessRules {
  readonly public: boolean;
  /** Whether it carries @auth. */
  readonly isMarked: boolean;
  /** Null: any signed-in caller. */
  readonly permission: Permission | null;
  readonly operator: boolean;
  /** Null: no step-up is required. */
  readonly reauth: { readonly orTicket: boolean } | null;
  /** Whether a session that is only for enrolment may call. */
  readonly enrols: boolean;
  readonly rateLimit: { readonly limit: number; readonly window: number; readonly per: readonly RateLimitKey[] } | null;
}

export const rulesOf = (field: RootField, directives: AccessDirectives): AccessRules => {
  const valuesOf = (directive: AccessDirectives[keyof AccessDirectives]) =>
    field.astNode ? getDirectiveValues(directive, field.astNode) : undefined;
  return {
    public: valuesOf(directives.public) !== undefined,
    isMarked: valuesOf(directives.auth) !== undefined,
    permission: (valuesOf(directives.auth)?.permission as Permission | undefined) ?? null,
    operator: valuesOf(directives.auth)?.operator === true,
    reauth: (valuesOf(directives.reauth) as AccessRules["reauth"] | undefined) ?? null,
    enrols: field.extensions.enrols === true,
    rateLimit: (valuesOf(directives.rateLimit) as AccessRules["rateLimit"] | undefined) ?? null,
  };
};
