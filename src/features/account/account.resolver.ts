import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit, Reauth } from "../../platform/schema/access.ts";
import { ACCEPTED, AcceptedPayload } from "../../platform/schema/common.graphql.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { UserPayload } from "../users/index.ts";
import {
  ChangeEmailInput,
  ChangeUsernameInput,
  DeleteAccountInput,
  DeleteAccountPayload,
  UndoEmailChangePayload,
  VerifyEmailPayload,
} from "./account.graphql.ts";
import type { AccountService } from "./account.service.ts";
import type { EmailChangeService } from "./email-change.service.ts";

@Resolver()
export class AccountResolver {
  readonly #account: AccountService;
  readonly #emailChanges: EmailChangeService;

  constructor({ account, emailChanges }: { account: AccountService; emailChanges: EmailChangeService }) {
    this.#account = account;
    this.#emailChanges = emailChanges;
  }

  @ProvesCredential()
  @Mutation(() => UserPayload, { description: "Changes the own username." })
  async changeUsername(
    @Arg("input", () => ChangeUsernameInput, { description: "The new name and the current password." })
    { username, password }: ChangeUsernameInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.#account.changeUsername(viewer, client, username, password ?? null) };
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
  @Mutation(() => VerifyEmailPayload, {
    description:
      "Proves an address by the link of a mail: of a new account, of a new company's admin, or of a change of address.",
  })
  verifyEmail(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() { client }: RequestContext,
  ): Promise<VerifyEmailPayload> {
    return this.#emailChanges.verifyEmail(token, client);
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
    @Ctx() { viewer, client, cookies }: SignedIn,
  ): Promise<DeleteAccountPayload> {
    const deleted = await this.#account.deleteAccount(viewer, client, password ?? null);
    cookies.clear("refresh");
    return deleted;
  }
}
