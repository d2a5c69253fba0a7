import { Arg, Ctx, createUnionType, Field, ObjectType, Query, Resolver } from "type-graphql";
import { SessionType } from "#features/sessions/index";
import { TenantType } from "#features/tenants/index";
import { UserType } from "#features/users/index";
import { Public } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import type { EntitySource } from "#platform/schema/federation";
import { AppError } from "#shared/errors";
import { findEntities } from "./entities.ts";
import { Representation } from "./federation.ts";

@ObjectType("_Service", {
  description: "The information that a composer requests from a subgraph (Apollo Federation).",
})
export class Service {
  @Field(() => String, {
    description: "The schema of this subgraph: schema.graphql without `@oneOf`, which composers do not know yet.",
  })
  sdl!: string;
}

const EntityUnion = createUnionType({
  name: "_Entity",
  description: "The types that other subgraphs may add fields to (Apollo Federation).",
  types: () => [UserType, SessionType, TenantType] as const,
  resolveType: (found) => (found as { __typename?: string }).__typename,
});

export interface FederationDeps {
  readonly entities: readonly EntitySource[];
  readonly introspection: boolean;
  /** Prints the schema; called once. */
  readonly printSchema: () => string;
}

/** The fields that routers and composers of a supergraph call (Apollo Federation's subgraph specification). */
@Resolver()
export class FederationResolver {
  #sdl: string | null = null;

  constructor(private readonly deps: FederationDeps) {}

  @Public()
  @Query(() => Service, {
    name: "_service",
    description:
      "The schema, for composing a supergraph. FORBIDDEN if introspection is off: compose from schema.graphql.",
  })
  service(): Service {
    // It reveals as much as introspection does.
    if (!this.deps.introspection) throw new AppError("FORBIDDEN");
    this.#sdl ??= this.deps.printSchema();
    return { sdl: this.#sdl };
  }

  @Query(() => [EntityUnion], {
    name: "_entities",
    nullable: "items",
    description:
      "The entities of these representations, in the same order; null for those the caller may not see. At most 100, for routers.",
  })
  entities(
    @Arg("representations", () => [Representation], { description: "The representations of the entities." })
    representations: object[],
    @Ctx() { viewer }: SignedIn,
  ): Promise<(object | null)[]> {
    return findEntities(this.deps.entities, viewer, representations);
  }
}
