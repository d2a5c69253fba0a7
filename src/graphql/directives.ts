import {
  DirectiveLocation,
  type GraphQLArgumentConfig,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from "graphql";
import type { RateLimitKey } from "#platform/schema/access";

const required = (
  type: GraphQLEnumType | GraphQLList<GraphQLNonNull<GraphQLEnumType>> | typeof GraphQLInt | typeof GraphQLBoolean,
  description: string,
  defaultValue?: unknown,
): GraphQLArgumentConfig => ({
  type: new GraphQLNonNull(type),
  description,
  ...(defaultValue !== undefined && { defaultValue }),
});

const KEY_MEANINGS: Readonly<Record<RateLimitKey, string>> = {
  IP: "The client's address; IPv6 by its /64 network.",
  IDENTIFIER: "The e-mail address or username in the arguments.",
  USER: "The signed-in user.",
  CHALLENGE: "The challenge in the arguments.",
};

const rateLimitKey = new GraphQLEnumType({
  name: "RateLimitKey",
  description: "The key that a rate limit counts calls by.",
  values: Object.fromEntries(Object.entries(KEY_MEANINGS).map(([key, description]) => [key, { description }])),
});

/** The access directives. */
export const accessDirectives = () => {
  return {
    public: new GraphQLDirective({
      name: "public",
      description: "Callable without a signed-in caller.",
      locations: [DirectiveLocation.FIELD_DEFINITION],
    }),
    auth: new GraphQLDirective({
      name: "auth",
      description:
        "The caller's session is active, and the caller holds the permission in the tenant of the access token, or is an operator. " +
        "FORBIDDEN/MISSING_PERMISSION otherwise.",
      locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
      args: {
        permission: {
          type: GraphQLString,
          description: "The permission, as `resource:action`. If absent, no permission is required.",
        },
        operator: required(GraphQLBoolean, "Whether only operators may call.", false),
      },
    }),
    reauth: new GraphQLDirective({
      name: "reauth",
      description:
        "The access token is elevated: Mutation.reauthenticate returned it within the last ten minutes. REAUTHENTICATION_REQUIRED otherwise.",
      locations: [DirectiveLocation.FIELD_DEFINITION],
      args: {
        orTicket: required(GraphQLBoolean, "Whether LoginSuccess.enrolmentTicket is accepted, too.", false),
      },
    }),
    rateLimit: new GraphQLDirective({
      name: "rateLimit",
      description:
        "At most `limit` calls in `window` seconds for each key; counted per resolver call, so aliases and batches count.",
      locations: [DirectiveLocation.FIELD_DEFINITION],
      args: {
        limit: required(GraphQLInt, "The number of calls."),
        window: required(GraphQLInt, "The window in seconds."),
        per: required(
          new GraphQLList(new GraphQLNonNull(rateLimitKey)),
          "The keys to count by; each has its own count.",
          ["IP"],
        ),
      },
    }),
  };
};

export type AccessDirectives = ReturnType<typeof accessDirectives>;
