import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";
import {
  ConfirmSuspendedChangeInput,
  ConfirmSuspendedChangePayload,
  RemoveSuspendedChangeInput,
  RemoveSuspendedChangePayload,
  SuspendedChangeType,
} from "./suspended-changes.graphql.ts";
import { MOST_CHANGES } from "./suspended-changes.policy.ts";
import type { SuspendedChange, SuspendedChangesService } from "./suspended-changes.service.ts";

@Resolver(() => SuspendedChangeType)
export class SuspendedChangesResolver {
  constructor(private readonly deps: { suspendedChanges: SuspendedChangesService; users: UsersService }) {}

  @AtMost(MOST_CHANGES)
  @Query(() => [SuspendedChangeType], {
    description:
      "The caller's changes that were suspended after an incident and wait for an answer, the newest first; 100 at most. Nearly always empty.",
  })
  suspendedChanges(@Ctx() { viewer }: SignedIn): Promise<SuspendedChange[]> {
    return this.deps.suspendedChanges.list(viewer);
  }

  @Reauth()
  @Mutation(() => ConfirmSuspendedChangePayload, {
    description:
      "Puts a suspended change of the caller in force again. FORBIDDEN/OLDER_CREDENTIAL_REQUIRED unless the caller has logged in or stepped up " +
      "with a password, factor or linked account that was there when it was suspended; CONFLICT if something else has taken its place; " +
      "CONFLICT/EMAIL_TAKEN; NOT_FOUND; for a role also what setUserRoles answers.",
  })
  async confirmSuspendedChange(
    @Arg("input", () => ConfirmSuspendedChangeInput, { description: "Which change." })
    { suspendedChangeId }: ConfirmSuspendedChangeInput,
    @Ctx() actor: SignedIn,
  ): Promise<ConfirmSuspendedChangePayload> {
    return { suspendedChange: await this.deps.suspendedChanges.confirm(actor, suspendedChangeId) };
  }

  @Reauth()
  @Mutation(() => RemoveSuspendedChangePayload, {
    description: "Drops a suspended change of the caller for good. NOT_FOUND.",
  })
  async removeSuspendedChange(
    @Arg("input", () => RemoveSuspendedChangeInput, { description: "Which change." })
    { suspendedChangeId }: RemoveSuspendedChangeInput,
    @Ctx() actor: SignedIn,
  ): Promise<RemoveSuspendedChangePayload> {
    return { deletedSuspendedChangeId: await this.deps.suspendedChanges.remove(actor, suspendedChangeId) };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The passkey's name, the provider, the new address or the roles; null if there is nothing to say.",
  })
  about(@Root() { change }: SuspendedChange): string | null {
    if (change.kind === "EMAIL") return change.email;
    return change.kind === "ROLES" ? change.roles.join(", ") : change.name;
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "For ROLES: whose they are. Null for other kinds, and if the caller may not see that user.",
  })
  async user(@Root() { change }: SuspendedChange, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    if (change.kind !== "ROLES") return null;
    const user = await loaders.of(this.deps.users.byIds).load(change.userId);
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
