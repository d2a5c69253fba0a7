import type { GraphQLSchema } from "graphql";

/**
 * Makes the method of each field of Subscription its feed (see platform/schema/subscription-field.ts): it is called once, when a client
 * subscribes, and each event that it yields is the value of the field.
 */
export const wireSubscriptions = (schema: GraphQLSchema): void => {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (!resolve) throw new Error(`Subscription.${field.name} has no resolver.`);
    field.subscribe = resolve;
    field.resolve = (event: unknown) => event;
  }
};
