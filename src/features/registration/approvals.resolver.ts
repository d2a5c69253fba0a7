import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
import {
  ApproveRegistrationInput,
  ApproveRegistrationPayload,
  RegistrationConnection,
  RegistrationFilter,
  RegistrationType,
  RejectRegistrationInput,
  RejectRegistrationPayload,
} from "./approvals.graphql.ts";
import type { ApprovalsService, Registration } from "./approvals.service.ts";

@Resolver(() => RegistrationType)
export class ApprovalsResolver {
  constructor(private readonly deps: { approvals: ApprovalsService; users: UsersService }) {}

  @RequiresPermission("registrations:decide")
  @Query(() => RegistrationConnection, {
    description:
      "Registrations in the caller's tenant, newest first, until the address is verified; operators see those of every tenant.",
  })
  async registrations(
    @Arg("filter", () => RegistrationFilter, {
      defaultValue: {},
      description: "The registrations to list. If absent, all.",
    })
    filter: RegistrationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<Registration>> {
    return toConnection(await this.deps.approvals.list(viewer, filter, page));
  }

  @RequiresPermission("registrations:decide")
  @Fails("CONFLICT", "NOT_FOUND", "RATE_LIMITED")
  @Mutation(() => ApproveRegistrationPayload, {
    description:
      "Approves a registration. The user is created when the applicant verifies the address with the mailed link, which is valid for 7 days. If the address already has a user, the response is the same, and that user is invited by mail and accepts with `acceptMembership`. " +
      "Fails if it has already been decided. A tenant may decide and invite 100 times a day.",
  })
  async approveRegistration(
    @Arg("input", () => ApproveRegistrationInput, { description: "The registration to approve." })
    { registrationId }: ApproveRegistrationInput,
    @Ctx() actor: SignedIn,
  ): Promise<ApproveRegistrationPayload> {
    return { registration: await this.deps.approvals.approve(actor, registrationId) };
  }

  @RequiresPermission("registrations:decide")
  @Fails("CONFLICT", "NOT_FOUND", "RATE_LIMITED")
  @Mutation(() => RejectRegistrationPayload, {
    description: "Rejects a registration and notifies the applicant by mail. Fails if it has already been decided.",
  })
  async rejectRegistration(
    @Arg("input", () => RejectRegistrationInput, { description: "The registration to reject, and the reason." })
    { registrationId, reason }: RejectRegistrationInput,
    @Ctx() actor: SignedIn,
  ): Promise<RejectRegistrationPayload> {
    return { registration: await this.deps.approvals.reject(actor, registrationId, reason ?? null) };
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user who decided. Null before the decision, and if that user is deleted or is an operator of another tenant.",
  })
  async decidedBy(@Root() { decidedBy }: Registration, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const decider = decidedBy && (await loaders.of(this.deps.users.byIds).load(decidedBy));
    return decider && canView(viewer, { userId: decider.id, tenantId: decider.tenantId }, "users:read")
      ? decider
      : null;
  }
}
