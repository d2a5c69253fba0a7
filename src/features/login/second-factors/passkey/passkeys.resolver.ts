import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from "type-graphql";
import { type User, UserType } from "#features/users/index";
import { Enrols, ProvesCredential, Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { DeletePayload } from "#platform/schema/common.graphql";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { AuthSettings } from "../../flow/login.graphql.ts";
import { EnrolmentTicket } from "../../mfa/mfa.graphql.ts";
import { FinishPasskeyRegistrationInput, PasskeyRegistrationOptions, PasskeyType } from "./passkeys.graphql.ts";
import { MOST_PASSKEYS } from "./passkeys.policy.ts";
import type { Passkey, PasskeysService } from "./passkeys.service.ts";

/** Registering and keeping passkeys; what they add to a login page's settings. */
@Resolver(() => AuthSettings)
export class PasskeysResolver {
  constructor(private readonly deps: { passkeys: PasskeysService }) {}

  @FieldResolver(() => Boolean, {
    name: "passkeys",
    description: "Whether users can log in with a passkey: offer it. False where the settings allow none.",
  })
  arePasskeysAvailable(): boolean {
    return this.deps.passkeys.available;
  }

  @Reauth({ orTicket: true })
  @Enrols()
  @Mutation(() => PasskeyRegistrationOptions, {
    description:
      "Begins a passkey: what navigator.credentials.create() wants. CONFLICT with 20 passkeys, BAD_REQUEST where AuthSettings.passkeys is false.",
  })
  startPasskeyRegistration(
    @EnrolmentTicket() enrolmentTicket: string | null,
    @Ctx() { viewer }: SignedIn,
  ): Promise<PasskeyRegistrationOptions> {
    return this.deps.passkeys.startRegistration(viewer, enrolmentTicket);
  }

  @Enrols()
  @ProvesCredential()
  @Mutation(() => PasskeyType, {
    description:
      "Keeps the passkey that the browser made; from then on logins with a password ask for a second factor. Where " +
      "MfaStatus.backupCodesLeft is 0, offer `regenerateBackupCodes`: they let in whoever has lost the passkey. INVALID_TOKEN/" +
      "CHALLENGE_EXPIRED after 5 minutes, a second time or on another session, BAD_REQUEST where it does not verify, CONFLICT where it " +
      "is registered already, REAUTHENTICATION_REQUIRED where another session turned a second factor on meanwhile.",
  })
  finishPasskeyRegistration(
    @Arg("input", () => FinishPasskeyRegistrationInput, { description: "What the browser answered." })
    input: FinishPasskeyRegistrationInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<Passkey> {
    return this.deps.passkeys.finishRegistration(viewer, client, input);
  }

  @Mutation(() => PasskeyType, {
    description: "Gives an own passkey another name. NOT_FOUND where it is not the caller's.",
  })
  renamePasskey(
    @Arg("id", () => ID, { description: "The passkey's id." }) id: string,
    @Arg("name", () => String, { description: "1 to 60 characters." }) name: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Passkey> {
    return this.deps.passkeys.rename(viewer, id, name);
  }

  @Reauth()
  @Mutation(() => DeletePayload, {
    description:
      "Removes an own passkey. Other sessions that rest on it alone end; with the last second factor the backup codes go, too. NOT_FOUND " +
      "where it is not the caller's, BAD_REQUEST/LAST_LOGIN_METHOD where there is no other way in.",
  })
  async deletePasskey(
    @Arg("id", () => ID, { description: "The passkey's id." }) id: string,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<DeletePayload> {
    return { deletedId: await this.deps.passkeys.remove(viewer, client, id) };
  }
}

/** What passkeys add to the user. */
@Resolver(() => UserType)
export class UserPasskeysResolver {
  constructor(private readonly deps: { passkeys: PasskeysService }) {}

  @AtMost(MOST_PASSKEYS)
  @FieldResolver(() => [PasskeyType], { description: "The user's passkeys, the oldest first." })
  passkeys(@Root() { id }: User, @Ctx() { loaders }: RequestContext) {
    return loaders.of(this.deps.passkeys.ofUsers).load(id);
  }
}
