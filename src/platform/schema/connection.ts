// type-graphql stores its decorators' data there, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { ArgsType, type ClassType, Field, InputType, Int, ObjectType } from "type-graphql";
import type { OrderDirection } from "#shared/ordered-paging";
import {
  CHILD_PAGE,
  EMPTY_PAGE,
  encodeCursor,
  type ListArgs,
  MAX_COUNT,
  type Page,
  type PageRequest,
  type PagesOf,
} from "#shared/paging";
import { describedEnum } from "./common.graphql.ts";
import type { Loaders } from "./context.ts";
import { Shareable } from "./federation.ts";
import { DateTime } from "./scalars.ts";

@Shareable()
@ObjectType({ description: "The position of a page in its list (Relay cursor connections)." })
export class PageInfo {
  @Field(() => Boolean, {
    description: "Whether there are rows after this page; with `last`, whether it ended before a cursor.",
  })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: "Whether there are rows before this page; with `first`, whether it began after a cursor.",
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the first row: pass it as `before` for the previous page. Null on an empty page.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the last row: pass it as `after` for the next page. Null on an empty page.",
  })
  endCursor!: string | null;
}

/** The arguments of every connection. */
@ArgsType()
export class PageArgs implements PageRequest {
  @Field(() => Int, {
    nullable: true,
    description: "The number of rows from the start of the list, 1 to 100. Without `first` and `last`: 50.",
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Only rows after this cursor: the `endCursor` of the previous page, in the same order.",
  })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: "The number of rows from the end of the list, 1 to 100; not together with `first`.",
  })
  last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Only rows before this cursor: the `startCursor` of the next page, in the same order.",
  })
  before?: string | null;
}

/** The arguments of a connection within the rows of a list: its pages are shorter unless the client requests more. */
@ArgsType()
export class ChildPageArgs extends PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `The number of rows from the newest, 1 to 100. Without \`first\` and \`last\`: ${CHILD_PAGE}.`,
  })
  declare first?: number | null;
}

@InputType({ description: "A period from an instant (inclusive) to another (exclusive)." })
export class DateTimeRange {
  @Field(() => DateTime, { nullable: true, description: "Not before this instant. If absent, from the beginning." })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: "Before this instant. If absent, until now." })
  to?: Date | null;
}

export const OrderDirectionEnum = describedEnum<OrderDirection>("OrderDirection", "The direction of an order.", {
  ASC: "The lowest, earliest or first in the alphabet.",
  DESC: "The highest, latest or last in the alphabet.",
});

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  readonly totalCount: Promise<number>;
  readonly totalCountIsExact: Promise<boolean>;
}

/** Creates `<Name>Connection` and `<Name>Edge` of a node type. */
export const connectionOf = <Node extends object>(
  NodeType: ClassType<Node>,
  name: string,
): ClassType<Connection<Node>> => {
  @ObjectType(`${name}Edge`, { description: `One row of a ${name}Connection.` })
  class ConnectionEdge {
    @Field(() => String, { description: "The position of this row in the list; opaque." })
    cursor!: string;

    @Field(() => NodeType, { description: "The row." })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, {
    description: `A page of a list, newest first unless ordered otherwise (Relay cursor connections).`,
  })
  class NodeConnection {
    @Field(() => [ConnectionEdge], { description: "The rows with their cursors." })
    edges!: readonly Edge<Node>[];

    @Field(() => [NodeType], { description: "The rows without cursors." })
    nodes!: readonly Node[];

    @Field(() => PageInfo, { description: "Whether there are more pages, and their cursors." })
    pageInfo!: PageInfo;

    @Field(() => Int, {
      description: `The number of rows of the whole list, up to ${MAX_COUNT}. Counted only if it is selected.`,
    })
    totalCount!: Promise<number>;

    @Field(() => Boolean, { description: `False if the list has more than ${MAX_COUNT} rows.` })
    totalCountIsExact!: Promise<boolean>;
  }
  return NodeConnection;
};

/** The connection of one parent, read together with those of other parents with equal arguments. */
export const connectionFor = async <Filter, Id, Node extends { readonly id: string }>(
  loaders: Loaders,
  pagesOf: PagesOf<Filter, Id, Node>,
  parent: Id,
  args: ListArgs<Filter>,
): Promise<Connection<Node>> => toConnection((await loaders.for(pagesOf, args).load(parent)) ?? EMPTY_PAGE);

/** Converts a page of rows to the connection that clients read. */
export const toConnection = <Node extends { readonly id: string }>({
  rows,
  hasNextPage,
  hasPreviousPage,
  count,
  cursorOf = ({ id }) => encodeCursor(id),
}: Page<Node>): Connection<Node> => {
  const edges = rows.map((node) => ({ cursor: cursorOf(node), node }));
  // Getters: a field that is not selected is not read, so it costs nothing.
  let counted: Promise<number> | null = null;
  const counting = () => (counted ??= count());
  return {
    get totalCount() {
      return counting().then((total) => Math.min(total, MAX_COUNT));
    },
    get totalCountIsExact() {
      return counting().then((total) => total <= MAX_COUNT);
    },
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
