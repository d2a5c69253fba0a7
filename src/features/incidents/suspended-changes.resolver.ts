import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
import {
  ConfirmSuspendedChangeInput,
  ConfirmSuspendedChangePayload,
  RemoveSuspendedChangeInput,
  RemoveSuspendedChangePayload,
  SuspendedChangeType,
} from "./suspended-changes.graphql.ts";
import { MAX_CHANGES } from "./suspended-changes.policy.ts";
import type { SuspendedChange, SuspendedChangesService } from "./suspended-changes.service.ts";

@Resolver(() => SuspendedChangeType)
export class SuspendedChangesResolver {
  constructor(private readonly deps: { suspendedChanges: SuspendedChangesService; users: UsersService }) {}

  @AtMost(MAX_CHANGES)
  @Query(() => [SuspendedChangeType], {
    description:
      "The caller's changes that were suspended after an incident and are neither confirmed nor removed, newest first; at most 100. Nearly always empty.",
  })
  suspendedChanges(@Ctx() { viewer }: SignedIn): Promise<SuspendedChange[]> {
    return this.deps.suspendedChanges.list(viewer);
  }

  @Reauth()
  @Fails(
    "CONFLICT",
    "CONFLICT/EMAIL_TAKEN",
    "FORBIDDEN/MISSING_PERMISSION",
    "FORBIDDEN/OLDER_CREDENTIAL_REQUIRED",
    "FORBIDDEN/OTHER_MEMBERSHIPS",
    "NOT_FOUND",
  )
  @Mutation(() => ConfirmSuspendedChangePayload, {
    description:
      "Makes a suspended change of the caller effective again. The caller must have logged in or stepped up with a password, factor or " +
      "linked account that existed when it was suspended. Refused if another credential has replaced it, and for roles that the caller may no " +
      "longer grant.",
  })
  async confirmSuspendedChange(
    @Arg("input", () => ConfirmSuspendedChangeInput, { description: "The change." })
    { suspendedChangeId }: ConfirmSuspendedChangeInput,
    @Ctx() actor: SignedIn,
  ): Promise<ConfirmSuspendedChangePayload> {
    return { suspendedChange: await this.deps.suspendedChanges.confirm(actor, suspendedChangeId) };
  }

  @Reauth()
  @Fails("NOT_FOUND")
  @Mutation(() => RemoveSuspendedChangePayload, {
    description: "Permanently removes a suspended change of the caller.",
  })
  async removeSuspendedChange(
    @Arg("input", () => RemoveSuspendedChangeInput, { description: "The change." })
    { suspendedChangeId }: RemoveSuspendedChangeInput,
    @Ctx() actor: SignedIn,
  ): Promise<RemoveSuspendedChangePayload> {
    return { deletedSuspendedChangeId: await this.deps.suspendedChanges.remove(actor, suspendedChangeId) };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The passkey's name, the provider, the new address or the roles; null for other changes.",
  })
  about(@Root() { change }: SuspendedChange): string | null {
    if (change.kind === "EMAIL") return change.email;
    return change.kind === "ROLES" ? change.roles.join(", ") : change.name;
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "For ROLES: the user who received them. Null for other kinds, and if the caller may not see that user.",
  })
  async user(@Root() { change }: SuspendedChange, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    if (change.kind !== "ROLES") return null;
    const user = await loaders.of(this.deps.users.byIds).load(change.userId);
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
