// type-graphql keeps what its decorators say there: it must be loaded before the first of them runs.
import "reflect-metadata";
import { type ClassType, Field, ObjectType } from "type-graphql";
import { encodeCursor, type Page } from "#shared/paging";
import { Shareable } from "./federation.ts";

@Shareable()
@ObjectType({ description: "Where a page lies in its list (Relay cursor connections)." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are more rows after this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether this page began after a cursor." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The cursor of the first row; null on an empty page." })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the last row: give it as `after` for the next page.",
  })
  endCursor!: string | null;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
}

/** Makes `<Name>Connection` and `<Name>Edge` of a node type. */
export const connectionOf = <Node extends object>(
  NodeType: ClassType<Node>,
  name: string,
): ClassType<Connection<Node>> => {
  @ObjectType(`${name}Edge`, { description: `One row of a ${name}Connection.` })
  class ConnectionEdge {
    @Field(() => String, { description: "Where this row lies in the list; opaque." })
    cursor!: string;

    @Field(() => NodeType, { description: "The row." })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list, newest first (Relay cursor connections).` })
  class NodeConnection {
    @Field(() => [ConnectionEdge], { description: "The rows with their cursors." })
    edges!: readonly Edge<Node>[];

    @Field(() => [NodeType], { description: "The rows alone." })
    nodes!: readonly Node[];

    @Field(() => PageInfo, { description: "Whether there is more, and from where." })
    pageInfo!: PageInfo;
  }
  return NodeConnection;
};

/** A page of rows as the connection that clients read. */
export const toConnection = <Node extends { readonly id: string }>({
  rows,
  hasNextPage,
  hasPreviousPage,
}: Page<Node>): Connection<Node> => {
  const edges = rows.map((node) => ({ cursor: encodeCursor(node.id), node }));
  return {
    edges,
    nodes: rows,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};
