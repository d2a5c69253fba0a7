import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { MfaStatus, SetPreferredFactorInput, SetPreferredFactorPayload, toMfaStatus } from "./mfa.graphql.ts";
import type { MfaService } from "./mfa.service.ts";

/** Adds second factors to the user. */
@Resolver(() => UserType)
export class MfaResolver {
  constructor(private readonly deps: { mfa: MfaService; users: UsersService }) {}

  @FieldResolver(() => MfaStatus, { description: "The second factors of the user." })
  async mfa(@Root() { id }: User, @Ctx() { loaders }: RequestContext): Promise<MfaStatus | null> {
    const mfa = await loaders.of(this.deps.mfa.ofUsers).load(id);
    return mfa && toMfaStatus(mfa);
  }

  @Fails("BAD_REQUEST")
  @Mutation(() => SetPreferredFactorPayload, {
    description: "Chooses which second factor a login offers first: TOTP or PASSKEY. It must be enabled.",
  })
  async setPreferredFactor(
    @Arg("input", () => SetPreferredFactorInput, { description: "The factor to offer first." })
    { factor }: SetPreferredFactorInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<SetPreferredFactorPayload> {
    await this.deps.mfa.setPreferred(viewer, factor);
    return { user: await this.deps.users.get(viewer.userId) };
  }
}
