// type-graphql stores its decorators' data there, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { Directive } from "type-graphql";
import type { Viewer } from "#shared/viewer";
import type { NodeSource } from "./node.ts";

/** Other subgraphs may add fields to this type: they identify its entities by their ids. */
export const Entity = () => Directive('@key(fields: "id")');

/** Other subgraphs may define this type, too, with the same fields. */
export const Shareable = () => Directive("@shareable");

/** A source that finds many entities of its type at once, for a router that requests a list of them. */
export interface EntitySource extends NodeSource {
  /** Those of these ids that the viewer may see, unordered. Invalid ids find nothing. */
  list(viewer: Viewer, ids: readonly string[]): Promise<readonly { readonly id: string }[]>;
}
