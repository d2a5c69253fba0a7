import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit, Reauth } from "../../platform/schema/access.ts";
import { ACCEPTED, AcceptedPayload } from "../../platform/schema/common.graphql.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { deliverGrant, deliveryRequest, LoginResult } from "../login/index.ts";
import { UserPayload } from "../users/index.ts";
import {
  ChangeEmailInput,
  ChangeUsernameInput,
  ConfirmEmailChangePayload,
  DeleteAccountInput,
  DeleteAccountPayload,
  UndoEmailChangePayload,
  VerifyEmailInput,
} from "./account.graphql.ts";
import type { AccountService } from "./account.service.ts";
import type { EmailChangeService } from "./email-change.service.ts";
import type { EmailVerification } from "./email-verification.service.ts";

interface AccountServices {
  readonly account: AccountService;
  readonly emailChanges: EmailChangeService;
  readonly emailVerification: EmailVerification;
}

@Resolver()
export class AccountResolver {
  readonly #account: AccountService;
  readonly #emailChanges: EmailChangeService;

  readonly #verification: EmailVerification;

  constructor({ account, emailChanges, emailVerification }: AccountServices) {
    this.#account = account;
    this.#verification = emailVerification;
    this.#emailChanges = emailChanges;
  }

  @ProvesCredential()
  @Mutation(() => UserPayload, { description: "Changes the own username." })
  async changeUsername(
    @Arg("input", () => ChangeUsernameInput, { description: "The new name and the current password." })
    { username, password }: ChangeUsernameInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.#account.changeUsername(viewer, client, username, password) };
  }

  @Reauth()
  @RateLimit({ limit: 5, window: 3600, per: ["USER"] })
  @Mutation(() => AcceptedPayload, {
    description:
      "Mails a link to the new address, and a notice to the old one by which the change can be undone for 72 hours.",
  })
  async changeEmail(
    @Arg("input", () => ChangeEmailInput, { description: "The new address." }) { newEmail }: ChangeEmailInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<AcceptedPayload> {
    await this.#emailChanges.request(viewer, newEmail);
    return ACCEPTED;
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Verifies the address by the link of a mail, creates the user and logs in; for a new company it also activates the company. With the " +
      "challenge of `register` the password of that registration applies; without it give a `password`. INVALID_TOKEN; " +
      "BAD_REQUEST/PASSWORD_REQUIRED (the link stays good: call again with a password), BAD_REQUEST/WEAK_PASSWORD, " +
      "CONFLICT/USERNAME_TAKEN; FORBIDDEN if the tenant is no longer open to everybody.",
  })
  async verifyEmail(
    @Arg("input", () => VerifyEmailInput, { description: "The link's token, and what the user is to have." })
    input: VerifyEmailInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { token, password = null, name = null, username = null } = input;
    const challenge = input.challenge ?? context.cookies.get("registration");
    const delivery = deliveryRequest({ ...input, deviceToken: input.deviceToken ?? null }, context);
    const verification = { token, challenge, password, name, username, ...delivery };
    const grant = await this.#verification.verify(verification, context.client);
    if (context.cookies.get("registration") !== null) context.cookies.clear("registration");
    return deliverGrant(grant, context);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => ConfirmEmailChangePayload, {
    description: "Verifies the new address of an account by the link of a mail. INVALID_TOKEN, CONFLICT/EMAIL_TAKEN.",
  })
  confirmEmailChange(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() { client }: RequestContext,
  ): Promise<ConfirmEmailChangePayload> {
    return this.#emailChanges.confirm(token, client);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => UndoEmailChangePayload, {
    description:
      "Gives the old address back. All sessions end, accounts at providers that were linked since the change was asked for are unlinked, and the " +
      "password must be reset by the link that is mailed there.",
  })
  undoEmailChange(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() { client }: RequestContext,
  ): Promise<UndoEmailChangePayload> {
    return this.#emailChanges.undo(token, client);
  }

  @ProvesCredential()
  @Mutation(() => DeleteAccountPayload, { description: "Deletes the own account, for good." })
  async deleteAccount(
    @Arg("input", () => DeleteAccountInput, { description: "The current password." }) { password }: DeleteAccountInput,
    @Ctx() { viewer, cookies }: SignedIn,
  ): Promise<DeleteAccountPayload> {
    const deleted = await this.#account.deleteAccount(viewer, password);
    cookies.clear("refresh");
    return deleted;
  }
}
