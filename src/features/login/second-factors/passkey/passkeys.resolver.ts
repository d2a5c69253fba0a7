import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { Enrols, ProvesCredential, Reauth } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { AuthSettings } from "../../flow/login.graphql.ts";
import {
  FinishPasskeyRegistrationInput,
  FinishPasskeyRegistrationPayload,
  PasskeyType,
  RemovePasskeyInput,
  RemovePasskeyPayload,
  StartPasskeyRegistrationInput,
  StartPasskeyRegistrationPayload,
  UpdatePasskeyInput,
  UpdatePasskeyPayload,
} from "./passkeys.graphql.ts";
import { MOST_PASSKEYS } from "./passkeys.policy.ts";
import type { PasskeysService } from "./passkeys.service.ts";

/** Registering and keeping passkeys; what they add to a login page's settings. */
@Resolver(() => AuthSettings)
export class PasskeysResolver {
  constructor(private readonly deps: { passkeys: PasskeysService; users: UsersService }) {}

  @FieldResolver(() => Boolean, {
    name: "passkeys",
    description: "Whether users can log in with a passkey: offer it. False if the settings do not allow it.",
  })
  arePasskeysAvailable(): boolean {
    return this.deps.passkeys.available;
  }

  @Reauth({ orTicket: true })
  @Enrols()
  @Fails("BAD_REQUEST", "CONFLICT")
  @Mutation(() => StartPasskeyRegistrationPayload, {
    description:
      "Begins a passkey: the options for navigator.credentials.create(). A user has at most 20. Refused if AuthSettings.passkeys is false.",
  })
  startPasskeyRegistration(
    @Arg("input", () => StartPasskeyRegistrationInput, {
      defaultValue: {},
      description: "The ticket, if there is one.",
    })
    { enrolmentTicket }: StartPasskeyRegistrationInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<StartPasskeyRegistrationPayload> {
    return this.deps.passkeys.startRegistration(viewer, enrolmentTicket ?? null);
  }

  @Enrols()
  @ProvesCredential()
  @Fails("BAD_REQUEST", "CONFLICT", "INVALID_TOKEN/CHALLENGE_EXPIRED", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => FinishPasskeyRegistrationPayload, {
    description:
      "Keeps the passkey that the browser made; from then on logins with a password ask for a second factor. Where " +
      "MfaStatus.backupCodesLeft is 0, offer `regenerateBackupCodes`: they let a user in who has lost the passkey. The " +
      "challenge is good once, for 5 minutes, on this session. Refused if another session has turned a second factor on in the meantime.",
  })
  async finishPasskeyRegistration(
    @Arg("input", () => FinishPasskeyRegistrationInput, { description: "What the browser answered." })
    input: FinishPasskeyRegistrationInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<FinishPasskeyRegistrationPayload> {
    const passkey = await this.deps.passkeys.finishRegistration(viewer, client, input);
    return { passkey, user: await this.deps.users.get(viewer.userId) };
  }

  @Fails("NOT_FOUND")
  @Mutation(() => UpdatePasskeyPayload, {
    description: "Gives a passkey of the caller another name.",
  })
  async updatePasskey(
    @Arg("input", () => UpdatePasskeyInput, { description: "Which passkey, and its name." })
    { passkeyId, name }: UpdatePasskeyInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UpdatePasskeyPayload> {
    return { passkey: await this.deps.passkeys.rename(viewer, passkeyId, name) };
  }

  @Reauth()
  @Fails("BAD_REQUEST/LAST_LOGIN_METHOD", "NOT_FOUND")
  @Mutation(() => RemovePasskeyPayload, {
    description:
      "Removes a passkey of the caller. Other sessions that rest on it alone end; with the last second factor the backup codes go, too. " +
      "Refused if the user could not log in any other way.",
  })
  async removePasskey(
    @Arg("input", () => RemovePasskeyInput, { description: "Which passkey." }) { passkeyId }: RemovePasskeyInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<RemovePasskeyPayload> {
    const deletedPasskeyId = await this.deps.passkeys.remove(viewer, client, passkeyId);
    return { deletedPasskeyId, user: await this.deps.users.get(viewer.userId) };
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
