// type-graphql stores its decorators' data there, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { type ClassType, Subscription } from "type-graphql";

/** Never called: the schema's builder replaces it with the resolver's own method (graphql/subscriptions/wire-subscriptions.ts). */
const untilTheSchemaIsBuilt = (): never => {
  throw new Error("This subscription has no source.");
};

/**
 * A field of Subscription. Like that of a query, its method receives the arguments and makes one call, but it returns the feed of
 * events. type-graphql itself would take the feed from a function without access to services.
 */
export const SubscriptionField = (
  type: () => ClassType,
  { description }: { readonly description: string },
): MethodDecorator => Subscription(type, { description, subscribe: untilTheSchemaIsBuilt });
