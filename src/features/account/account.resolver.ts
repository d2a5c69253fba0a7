import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { LoginResult, tokenDeliveryRequest, toLoginResult } from "#features/login/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import { CredentialMutation, Public, RateLimit, Reauth } from "#platform/schema/access";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { EmailAddress } from "#platform/schema/scalars";
import {
  CancelEmailChangePayload,
  ChangeEmailInput,
  ChangeEmailPayload,
  ChangeUsernameInput,
  ChangeUsernamePayload,
  ConfirmEmailChangeInput,
  ConfirmEmailChangePayload,
  DeleteAccountInput,
  DeleteAccountPayload,
  KeepEmailChangeInput,
  KeepEmailChangePayload,
  UndoEmailChangeInput,
  UndoEmailChangePayload,
  UpdateProfileInput,
  UpdateProfilePayload,
  VerifyEmailInput,
} from "./account.graphql.ts";
import type { AccountService } from "./account.service.ts";
import type { EmailChangeService } from "./email-change.service.ts";
import type { EmailChangeUndo } from "./email-change-undo.service.ts";
import type { EmailVerification } from "./email-verification.service.ts";

interface AccountServices {
  readonly account: AccountService;
  readonly users: UsersService;
  readonly emailChanges: EmailChangeService;
  readonly emailChangeUndo: EmailChangeUndo;
  readonly emailVerification: EmailVerification;
}

/** Lets users manage their account, and adds the requested change of address to the user. */
@Resolver(() => UserType)
export class AccountResolver {
  constructor(private readonly deps: AccountServices) {}

  @Fails()
  @Mutation(() => UpdateProfilePayload, { description: "Changes the caller's name or language." })
  async updateProfile(
    @Arg("input", () => UpdateProfileInput, { description: "The changes." }) input: UpdateProfileInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UpdateProfilePayload> {
    return { user: await this.deps.account.updateProfile(viewer, input) };
  }

  @CredentialMutation()
  @Fails(
    "BAD_REQUEST/NO_PASSWORD_SET",
    "CONFLICT",
    "CONFLICT/USERNAME_TAKEN",
    "FORBIDDEN/INCORRECT_PASSWORD",
    "RATE_LIMITED",
    "REAUTHENTICATION_REQUIRED",
  )
  @Mutation(() => ChangeUsernamePayload, {
    description: "Changes the caller's username. Requires the password, or a step-up if the user has no password.",
  })
  async changeUsername(
    @Arg("input", () => ChangeUsernameInput, { description: "The new username and the current password." })
    { username, password }: ChangeUsernameInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<ChangeUsernamePayload> {
    return { user: await this.deps.account.changeUsername(viewer, client, username, password ?? null) };
  }

  @Reauth()
  @RateLimit({ limit: 5, window: 3600, per: ["USER"] })
  @Fails("BAD_REQUEST", "CONFLICT/EMAIL_TAKEN")
  @Mutation(() => ChangeEmailPayload, {
    description:
      "Mails a link to the new address, and a notice to the old one with a link that undoes the change for 72 hours.",
  })
  async changeEmail(
    @Arg("input", () => ChangeEmailInput, { description: "The new address." }) { newEmail }: ChangeEmailInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<ChangeEmailPayload> {
    await this.deps.emailChanges.request(viewer, newEmail);
    return { newEmail };
  }

  @Fails("NOT_FOUND")
  @Mutation(() => CancelEmailChangePayload, {
    description:
      "Cancels the change of address that the caller requested with `changeEmail` and has not verified: its link becomes invalid.",
  })
  async cancelEmailChange(@Ctx() { viewer }: SignedIn): Promise<CancelEmailChangePayload> {
    await this.deps.emailChanges.cancel(viewer);
    return { user: await this.deps.users.get(viewer.userId) };
  }

  @FieldResolver(() => EmailAddress, {
    nullable: true,
    description:
      "The new address that the caller requested with `changeEmail` and has not verified yet, whether or not it is available; " +
      "`cancelEmailChange` cancels the change. Null if no change is pending, and for other users.",
  })
  async pendingEmail(@Root() { id }: User, @Ctx() { loaders, viewer }: RequestContext): Promise<string | null> {
    return viewer?.userId === id ? loaders.of(this.deps.emailChanges.pendingOf).load(id) : null;
  }

  @Public()
  @CredentialMutation()
  @Fails(
    "BAD_REQUEST/PASSWORD_REQUIRED",
    "BAD_REQUEST/WEAK_PASSWORD",
    "CONFLICT/USERNAME_TAKEN",
    "FORBIDDEN",
    "FORBIDDEN/ACCOUNT_SUSPENDED",
    "FORBIDDEN/NOT_A_MEMBER",
    "FORBIDDEN/NOT_A_MEMBER",
    "FORBIDDEN/TENANT_SUSPENDED",
    "INVALID_TOKEN",
    "RATE_LIMITED",
  )
  @Mutation(() => LoginResult, {
    description:
      "Verifies the address with the mailed link, creates the user and logs them in; for a new tenant it also activates the tenant. With the " +
      "challenge of `register` the password of that registration applies. Without it, `password` is required; a call without one does not use up the link. " +
      "Refused if the tenant no longer has open registration.",
  })
  async verifyEmail(
    @Arg("input", () => VerifyEmailInput, { description: "The link's token, and the data of the new user." })
    input: VerifyEmailInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { token, password = null, name = null, username = null } = input;
    const challenge = input.challenge ?? context.cookies.get("registration");
    const delivery = tokenDeliveryRequest({ ...input, deviceToken: input.deviceToken ?? null }, context);
    const verification = { token, challenge, password, name, username, ...delivery };
    const grant = await this.deps.emailVerification.verify(verification, context.client);
    if (context.cookies.get("registration") !== null) context.cookies.clear("registration");
    return toLoginResult(grant, context);
  }

  @Public()
  @CredentialMutation()
  @Fails("CONFLICT/EMAIL_TAKEN", "INVALID_TOKEN")
  @Mutation(() => ConfirmEmailChangePayload, {
    description: "Verifies the new address of an account with the mailed link.",
  })
  confirmEmailChange(
    @Arg("input", () => ConfirmEmailChangeInput, { description: "The link's token." })
    { token }: ConfirmEmailChangeInput,
    @Ctx() { client }: RequestContext,
  ): Promise<ConfirmEmailChangePayload> {
    return this.deps.emailChanges.confirm(token, client);
  }

  @Public()
  @CredentialMutation()
  @Fails("BAD_REQUEST", "CONFLICT/EMAIL_TAKEN", "FORBIDDEN/OLDER_CREDENTIAL_REQUIRED", "INVALID_TOKEN", "RATE_LIMITED")
  @Mutation(() => UndoEmailChangePayload, {
    description:
      "The answer 'No' to the notice of a change of address: restores the earliest address that was changed within 72 hours. All sessions end, all " +
      "devices are forgotten, factors, passkeys and accounts at providers that were added after the change was requested are removed, and the " +
      "password must be reset with the link mailed to that address. Besides the link it requires a credential that existed seven days before the " +
      "change: a device (its cookie or `deviceToken` is enough), a second factor, or the password at that time, unless the change was made with " +
      "such a factor or from such a device. If it is missing, ask for it and call again: there are ten attempts.",
  })
  undoEmailChange(
    @Arg("input", () => UndoEmailChangeInput, { description: "The link's token, and an older credential." })
    { token, proof }: UndoEmailChangeInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<UndoEmailChangePayload> {
    const deviceToken = proof?.deviceToken ?? cookies.get("device");
    return this.deps.emailChangeUndo.undo(token, { ...proof, deviceToken }, client);
  }

  @Public()
  @CredentialMutation()
  @Fails("FORBIDDEN/OLDER_CREDENTIAL_REQUIRED", "INVALID_TOKEN")
  @Mutation(() => KeepEmailChangePayload, {
    description:
      "The answer 'Yes, that was me' to the notice of a change of address: invalidates the undo link. Only on a device that was known seven days " +
      "before the change.",
  })
  async keepEmailChange(
    @Arg("input", () => KeepEmailChangeInput, { description: "The link's token." })
    { token, deviceToken }: KeepEmailChangeInput,
    @Ctx() { cookies }: RequestContext,
  ): Promise<KeepEmailChangePayload> {
    return this.deps.emailChangeUndo.keep(token, deviceToken ?? cookies.get("device"));
  }

  @CredentialMutation()
  @Fails(
    "BAD_REQUEST/NO_PASSWORD_SET",
    "CONFLICT",
    "CONFLICT/LAST_ADMIN",
    "CONFLICT/LAST_OPERATOR",
    "FORBIDDEN/INCORRECT_PASSWORD",
    "REAUTHENTICATION_REQUIRED",
  )
  @Mutation(() => DeleteAccountPayload, {
    description:
      "Permanently deletes the caller's account. A user without a password needs a step-up. Refused for the last active admin of a " +
      "tenant with other users, and for the last operator: assign the role to another user first.",
  })
  async deleteAccount(
    @Arg("input", () => DeleteAccountInput, { description: "The current password." }) { password }: DeleteAccountInput,
    @Ctx() { viewer, client, cookies }: SignedIn,
  ): Promise<DeleteAccountPayload> {
    const deleted = await this.deps.account.deleteAccount(viewer, client, password ?? null);
    cookies.clear("refresh");
    return deleted;
  }
}
