import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { LogoutPayload } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import { Reauth, RequiresRole } from "#platform/schema/access";
import { RoleEnum } from "#platform/schema/common.graphql";
import type { SignedIn } from "#platform/schema/context";
import type { Role } from "#shared/roles";
import type { AdministrationService } from "./administration.service.ts";

@Resolver()
export class AdministrationResolver {
  constructor(private readonly deps: { administration: AdministrationService }) {}

  @RequiresRole("ADMIN")
  @Reauth()
  @Mutation(() => UserPayload, {
    description:
      "Gives a user exactly these roles, and USER. Tokens with the old roles stop working at once; a refresh brings the new ones. " +
      "CONFLICT/LAST_ADMIN for the tenant's last active admin, CONFLICT/LAST_OPERATOR for the last operator. Only an operator makes " +
      "or unmakes an operator.",
  })
  async setUserRoles(
    @Arg("userId", () => ID, { description: "Whose roles." }) userId: string,
    @Arg("roles", () => [RoleEnum], { description: "All the roles the user shall have." }) roles: Role[],
    @Ctx() actor: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.deps.administration.setRoles(actor, userId, roles) };
  }

  @RequiresRole("ADMIN")
  @Mutation(() => UserPayload, {
    description:
      "Shuts an active user out and ends all sessions at once. BAD_REQUEST for oneself, CONFLICT/LAST_ADMIN for the tenant's " +
      "last active admin, CONFLICT/LAST_OPERATOR for the last operator, CONFLICT for users who are not active.",
  })
  async suspendUser(
    @Arg("userId", () => ID, { description: "Whom." }) userId: string,
    @Arg("reason", () => String, {
      nullable: true,
      description: "Why, for the user's security history; at most 500 characters.",
    })
    reason: string | null | undefined,
    @Ctx() actor: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.deps.administration.suspend(actor, userId, reason ?? null) };
  }

  @RequiresRole("ADMIN")
  @Mutation(() => UserPayload, {
    description: "Lets a suspended user in again. CONFLICT for users who never were active.",
  })
  async reactivateUser(
    @Arg("userId", () => ID, { description: "Whom." }) userId: string,
    @Ctx() actor: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.deps.administration.reactivate(actor, userId) };
  }

  @RequiresRole("ADMIN")
  @Mutation(() => LogoutPayload, { description: "Ends all sessions of a user; their tokens stop working at once." })
  async revokeUserSessions(
    @Arg("userId", () => ID, { description: "Whose sessions." }) userId: string,
    @Ctx() actor: SignedIn,
  ): Promise<LogoutPayload> {
    return { endedSessions: await this.deps.administration.revokeSessions(actor, userId) };
  }

  @RequiresRole("ADMIN")
  @Mutation(() => UserPayload, {
    description: "Makes a user reset the password by mail before the next login, and ends all sessions.",
  })
  async requirePasswordReset(
    @Arg("userId", () => ID, { description: "Whose password." }) userId: string,
    @Ctx() actor: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.deps.administration.requirePasswordReset(actor, userId) };
  }
}
