import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, UserType } from "#features/users/index";
import { CredentialMutation, Public, RateLimit } from "#platform/schema/access";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { PasswordResetService } from "./password-reset.service.ts";
import {
  ChangePasswordInput,
  ChangePasswordPayload,
  CheckPasswordResetTokenInput,
  CheckPasswordResetTokenPayload,
  RequestPasswordResetInput,
  RequestPasswordResetPayload,
  ResetPasswordInput,
  ResetPasswordPayload,
} from "./passwords.graphql.ts";
import type { PasswordsService } from "./passwords.service.ts";

@Resolver(() => UserType)
export class PasswordsResolver {
  constructor(private readonly deps: { passwords: PasswordsService; passwordResets: PasswordResetService }) {}

  @CredentialMutation()
  @Fails(
    "BAD_REQUEST/NO_PASSWORD_SET",
    "BAD_REQUEST/SAME_PASSWORD",
    "BAD_REQUEST/WEAK_PASSWORD",
    "CONFLICT",
    "FORBIDDEN/INCORRECT_PASSWORD",
    "REAUTHENTICATION_REQUIRED",
  )
  @Mutation(() => ChangePasswordPayload, {
    description: "Changes the caller's password. Setting the first one requires a step-up.",
  })
  changePassword(
    @Arg("input", () => ChangePasswordInput, {
      description: "The current password, the new one, and which sessions end.",
    })
    input: ChangePasswordInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<ChangePasswordPayload> {
    return this.deps.passwords.changePassword(viewer, client, input);
  }

  @Public()
  @RateLimit({ limit: 30, window: 3600, per: ["IP"] })
  @Fails()
  @Mutation(() => RequestPasswordResetPayload, {
    description:
      "Mails a link for choosing a new password, valid for an hour, if the address belongs to an active user. The last three " +
      "links are valid; using one invalidates the others. Anonymous requests send an address at most 5 mails in 10 minutes and " +
      "20 a day; requests with one of the user's device tokens have a separate budget (5 an hour). A request beyond the budget gets " +
      "the same result, and links that were sent stay valid.",
  })
  async requestPasswordReset(
    @Arg("input", () => RequestPasswordResetInput, { description: "The address of the account." })
    { email, deviceToken }: RequestPasswordResetInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<RequestPasswordResetPayload> {
    await this.deps.passwordResets.request(client, email, deviceToken ?? cookies.get("device"));
    return { accepted: true };
  }

  @Public()
  @CredentialMutation()
  @Fails()
  @Mutation(() => CheckPasswordResetTokenPayload, {
    description:
      "Checks whether a reset link, or an invitation, is still valid, before the page asks for a password. It changes nothing; it is a mutation because a secret must not appear in a query.",
  })
  checkPasswordResetToken(
    @Arg("input", () => CheckPasswordResetTokenInput, { description: "The link's token." })
    { token }: CheckPasswordResetTokenInput,
  ): Promise<CheckPasswordResetTokenPayload> {
    return this.deps.passwordResets.status(token);
  }

  @Public()
  @CredentialMutation()
  @Fails("BAD_REQUEST/WEAK_PASSWORD", "INVALID_TOKEN")
  @Mutation(() => ResetPasswordPayload, {
    description: "Sets the password with the token of a mailed link and ends all sessions.",
  })
  resetPassword(
    @Arg("input", () => ResetPasswordInput, { description: "The link's token and the new password." })
    { token, newPassword }: ResetPasswordInput,
    @Ctx() { client }: RequestContext,
  ): Promise<ResetPasswordPayload> {
    return this.deps.passwordResets.reset(client, token, newPassword);
  }

  @FieldResolver(() => Boolean, { description: "Whether a password is set. Users of social login may not have one." })
  async hasPassword(@Root() { id }: User, @Ctx() { loaders }: RequestContext): Promise<boolean> {
    return (await loaders.of(this.deps.passwords.haveUsers).load(id)) === true;
  }
}
