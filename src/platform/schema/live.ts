// type-graphql keeps what its decorators say there: it must be loaded before the first of them runs.
import "reflect-metadata";
import { type ClassType, Subscription } from "type-graphql";

/** Never called: the schema's builder puts the resolver's own method in its place (graphql/live-fields.ts). */
const untilTheSchemaIsBuilt = (): never => {
  throw new Error("This subscription has no source.");
};

/**
 * A field of Subscription. Like that of a query its method gets the arguments and makes one call, and what it answers is the
 * feed of events; type-graphql by itself would take the feed from a function that knows no services.
 */
export const Live = (type: () => ClassType, { description }: { readonly description: string }): MethodDecorator =>
  Subscription(type, { description, subscribe: untilTheSchemaIsBuilt });
