import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import {
  ReactivateUserInput,
  ReactivateUserPayload,
  RequirePasswordResetInput,
  RequirePasswordResetPayload,
  RevokeUserSessionsInput,
  RevokeUserSessionsPayload,
  SuspendUserInput,
  SuspendUserPayload,
} from "./administration.graphql.ts";
import type { AdministrationService } from "./administration.service.ts";

@Resolver()
export class AdministrationResolver {
  constructor(private readonly deps: { administration: AdministrationService }) {}

  @RequiresPermission("users:manage")
  @Mutation(() => SuspendUserPayload, {
    description:
      "Shuts an active user out and ends all sessions at once. BAD_REQUEST for oneself, CONFLICT/LAST_ADMIN for the tenant's " +
      "last active admin, CONFLICT/LAST_OPERATOR for the last operator, CONFLICT for users who are not active.",
  })
  async suspendUser(
    @Arg("input", () => SuspendUserInput, { description: "Which user, and why." })
    { userId, reason }: SuspendUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendUserPayload> {
    return { user: await this.deps.administration.suspend(actor, userId, reason ?? null) };
  }

  @RequiresPermission("users:manage")
  @Mutation(() => ReactivateUserPayload, {
    description: "Lets a suspended user in again. CONFLICT for users who never were active.",
  })
  async reactivateUser(
    @Arg("input", () => ReactivateUserInput, { description: "Which user." }) { userId }: ReactivateUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateUserPayload> {
    return { user: await this.deps.administration.reactivate(actor, userId) };
  }

  @RequiresPermission("sessions:revoke")
  @Mutation(() => RevokeUserSessionsPayload, {
    description: "Ends all sessions of a user; their tokens stop working at once.",
  })
  async revokeUserSessions(
    @Arg("input", () => RevokeUserSessionsInput, { description: "Whose sessions." })
    { userId }: RevokeUserSessionsInput,
    @Ctx() actor: SignedIn,
  ): Promise<RevokeUserSessionsPayload> {
    return this.deps.administration.revokeSessions(actor, userId);
  }

  @RequiresPermission("users:manage")
  @Mutation(() => RequirePasswordResetPayload, {
    description: "Makes a user reset the password by mail before the next login, and ends all sessions.",
  })
  async requirePasswordReset(
    @Arg("input", () => RequirePasswordResetInput, { description: "Whose password." })
    { userId }: RequirePasswordResetInput,
    @Ctx() actor: SignedIn,
  ): Promise<RequirePasswordResetPayload> {
    return { user: await this.deps.administration.requirePasswordReset(actor, userId) };
  }
}
