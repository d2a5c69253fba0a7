// type-graphql keeps what its decorators say there: it must be loaded before the first of them runs.
import "reflect-metadata";
import { Field, ID, InterfaceType } from "type-graphql";
import type { Viewer } from "#shared/viewer";

@InterfaceType({
  description: "Anything with an id of its own, which `node(id:)` finds again (Relay global object identification).",
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: "Unique among everything this API knows." })
  id!: string;
}

/** Finds a thing of one type by its id, as far as the viewer may see it; else null. */
export interface NodeSource {
  readonly typename: string;
  find(viewer: Viewer, id: string): Promise<object | null>;
}
