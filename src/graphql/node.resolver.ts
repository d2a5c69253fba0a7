import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { SignedIn } from "#platform/schema/context";
import { Node, type NodeSource } from "#platform/schema/node";
import { isUuid } from "#shared/ids";

@Resolver()
export class NodeResolver {
  constructor(private readonly deps: { sources: readonly NodeSource[] }) {}

  @Query(() => Node, {
    nullable: true,
    description: "The object with this id; null if it does not exist or the caller may not see it.",
  })
  async node(
    @Arg("id", () => ID, { description: "The id." }) id: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<object | null> {
    if (!isUuid(id)) return null;
    // Ids are unique across all types (UUIDv7), so at most one source finds it.
    const found = await Promise.all(
      this.deps.sources.map(async ({ typename, find }) => {
        const node = await find(viewer, id.toLowerCase());
        return node && { __typename: typename, ...node };
      }),
    );
    return found.find((node) => node !== null) ?? null;
  }
}
