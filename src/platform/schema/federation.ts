// type-graphql keeps what its decorators say there: it must be loaded before the first of them runs.
import "reflect-metadata";
import { Directive } from "type-graphql";
import type { Viewer } from "#shared/viewer";
import type { NodeSource } from "./node.ts";

/** Other subgraphs may add fields to this type: they know its things by their ids. */
export const Entity = () => Directive('@key(fields: "id")');

/** Other subgraphs may have this type, too, with the same fields. */
export const Shareable = () => Directive("@shareable");

/** A source that finds many things of its type at once, for a router that asks for a list of them. */
export interface EntitySource extends NodeSource {
  /** Those of these ids that the viewer may see, in no order. What is no id finds nothing. */
  list(viewer: Viewer, ids: readonly string[]): Promise<readonly { readonly id: string }[]>;
}
