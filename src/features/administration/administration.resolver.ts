import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Reauth, RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import {
  DeleteUserInput,
  DeleteUserPayload,
  ReactivateUserInput,
  ReactivateUserPayload,
  RequirePasswordResetInput,
  RequirePasswordResetPayload,
  RevokeUserSessionsInput,
  RevokeUserSessionsPayload,
  SuspendUserInput,
  SuspendUserPayload,
  UpdateUserInput,
  UpdateUserPayload,
} from "./administration.graphql.ts";
import type { AdministrationService } from "./administration.service.ts";
import type { UserDeletion } from "./user-deletion.service.ts";

@Resolver()
export class AdministrationResolver {
  constructor(private readonly deps: { administration: AdministrationService; userDeletion: UserDeletion }) {}

  @RequiresPermission("users:manage")
  @Fails("BAD_REQUEST", "CONFLICT/USERNAME_TAKEN", "FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND", "RATE_LIMITED")
  @Mutation(() => UpdateUserPayload, {
    description:
      "Changes the name, username or language of a user whose account the caller manages. Only the owner of the e-mail address " +
      "can change it. Refused for the caller: see `updateProfile` and `changeUsername`.",
  })
  async updateUser(
    @Arg("input", () => UpdateUserInput, { description: "The user, and the changes." })
    { userId, ...changes }: UpdateUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<UpdateUserPayload> {
    return { user: await this.deps.administration.updateProfile(actor, userId, changes) };
  }

  @RequiresPermission("users:manage")
  @Reauth()
  @Fails(
    "BAD_REQUEST",
    "CONFLICT",
    "CONFLICT/LAST_ADMIN",
    "CONFLICT/LAST_OPERATOR",
    "FORBIDDEN/OTHER_MEMBERSHIPS",
    "NOT_FOUND",
  )
  @Mutation(() => DeleteUserPayload, {
    description:
      "Permanently deletes a user whose account the caller manages, and ends all sessions immediately; the user is notified by mail. Refused for " +
      "the caller, for the last active admin of a tenant with other users, for an admin's account if the caller is not an admin, and for " +
      "an operator's account unless the caller is an operator.",
  })
  deleteUser(
    @Arg("input", () => DeleteUserInput, { description: "The user." }) { userId }: DeleteUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<DeleteUserPayload> {
    return this.deps.userDeletion.delete(actor, userId);
  }

  @RequiresPermission("users:manage")
  @Fails(
    "BAD_REQUEST",
    "CONFLICT",
    "CONFLICT/LAST_ADMIN",
    "CONFLICT/LAST_OPERATOR",
    "FORBIDDEN/OTHER_MEMBERSHIPS",
    "NOT_FOUND",
  )
  @Mutation(() => SuspendUserPayload, {
    description:
      "Suspends an active user: they can no longer log in, and all sessions end immediately. Refused for the caller, the tenant's last active " +
      "admin, the last operator, and users who are not active.",
  })
  async suspendUser(
    @Arg("input", () => SuspendUserInput, { description: "The user, and the reason." })
    { userId, reason }: SuspendUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendUserPayload> {
    return { user: await this.deps.administration.suspend(actor, userId, reason ?? null) };
  }

  @RequiresPermission("users:manage")
  @Fails("CONFLICT", "FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => ReactivateUserPayload, {
    description: "Reactivates a suspended user. Refused for users who were never active.",
  })
  async reactivateUser(
    @Arg("input", () => ReactivateUserInput, { description: "The user." }) { userId }: ReactivateUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateUserPayload> {
    return { user: await this.deps.administration.reactivate(actor, userId) };
  }

  @RequiresPermission("sessions:revoke")
  @Fails("FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => RevokeUserSessionsPayload, {
    description: "Ends all sessions of a user; their tokens stop working immediately.",
  })
  async revokeUserSessions(
    @Arg("input", () => RevokeUserSessionsInput, { description: "The user." })
    { userId }: RevokeUserSessionsInput,
    @Ctx() actor: SignedIn,
  ): Promise<RevokeUserSessionsPayload> {
    return this.deps.administration.revokeSessions(actor, userId);
  }

  @RequiresPermission("users:manage")
  @Fails("FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => RequirePasswordResetPayload, {
    description: "Requires a user to reset the password by mail before the next login, and ends all sessions.",
  })
  async requirePasswordReset(
    @Arg("input", () => RequirePasswordResetInput, { description: "The user." })
    { userId }: RequirePasswordResetInput,
    @Ctx() actor: SignedIn,
  ): Promise<RequirePasswordResetPayload> {
    return { user: await this.deps.administration.requirePasswordReset(actor, userId) };
  }
}
