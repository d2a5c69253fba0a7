// type-graphql stores the data of its decorators with this polyfill, so it must be loaded before the first decorator runs.
import "reflect-metadata";
import { Field, ID, InterfaceType } from "type-graphql";
import type { Viewer } from "#shared/viewer";

@InterfaceType({
  description: "An object with an id, which `node(id:)` finds (Relay global object identification).",
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: "Unique among all objects of this API." })
  id!: string;
}

/** Finds an object of one type by its id; null if it does not exist or the viewer may not see it. */
export interface NodeSource {
  readonly typename: string;
  find(viewer: Viewer, id: string): Promise<object | null>;
}
