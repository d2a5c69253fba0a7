import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { CredentialMutation, Enrols, Reauth } from "#platform/schema/access";
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
import { MAX_PASSKEYS } from "./passkeys.policy.ts";
import type { PasskeysService } from "./passkeys.service.ts";

/** Registers and manages passkeys, and adds to the settings of a login page whether they are available. */
@Resolver(() => AuthSettings)
export class PasskeysResolver {
  constructor(private readonly deps: { passkeys: PasskeysService; users: UsersService }) {}

  @FieldResolver(() => Boolean, {
    name: "passkeys",
    description: "Whether to offer login with a passkey. False if the settings do not allow passkeys.",
  })
  arePasskeysAvailable(): boolean {
    return this.deps.passkeys.available;
  }

  @Reauth({ orTicket: true })
  @Enrols()
  @Fails("BAD_REQUEST", "CONFLICT")
  @Mutation(() => StartPasskeyRegistrationPayload, {
    description:
      "Starts registering a passkey: returns the options for navigator.credentials.create(). A user has at most 20. Rejected if AuthSettings.passkeys is false.",
  })
  startPasskeyRegistration(
    @Arg("input", () => StartPasskeyRegistrationInput, {
      defaultValue: {},
      description: "The optional enrolment ticket.",
    })
    { enrolmentTicket }: StartPasskeyRegistrationInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<StartPasskeyRegistrationPayload> {
    return this.deps.passkeys.startRegistration(viewer, enrolmentTicket ?? null);
  }

  @Enrols()
  @CredentialMutation()
  @Fails("BAD_REQUEST", "CONFLICT", "INVALID_TOKEN/CHALLENGE_EXPIRED", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => FinishPasskeyRegistrationPayload, {
    description:
      "Stores the passkey that the browser created. From then on, logins with a password need a second factor. If " +
      "MfaStatus.backupCodesLeft is 0, offer `regenerateBackupCodes` for a user who loses the passkey. The " +
      "challenge is valid once, for 5 minutes, on this session. Rejected if another session has enabled a second factor since.",
  })
  async finishPasskeyRegistration(
    @Arg("input", () => FinishPasskeyRegistrationInput, { description: "The response of the browser." })
    input: FinishPasskeyRegistrationInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<FinishPasskeyRegistrationPayload> {
    const passkey = await this.deps.passkeys.finishRegistration(viewer, client, input);
    return { passkey, user: await this.deps.users.get(viewer.userId) };
  }

  @Fails("NOT_FOUND")
  @Mutation(() => UpdatePasskeyPayload, {
    description: "Renames a passkey of the caller.",
  })
  async updatePasskey(
    @Arg("input", () => UpdatePasskeyInput, { description: "The passkey and its name." })
    { passkeyId, name }: UpdatePasskeyInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<UpdatePasskeyPayload> {
    return { passkey: await this.deps.passkeys.rename(viewer, passkeyId, name) };
  }

  @Reauth()
  @Fails("BAD_REQUEST/LAST_LOGIN_METHOD", "NOT_FOUND")
  @Mutation(() => RemovePasskeyPayload, {
    description:
      "Removes a passkey of the caller. Other sessions that depend only on it are ended. With the last second factor, the backup codes are deleted, too. " +
      "Rejected if the user could not log in any other way.",
  })
  async removePasskey(
    @Arg("input", () => RemovePasskeyInput, { description: "The passkey." }) { passkeyId }: RemovePasskeyInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<RemovePasskeyPayload> {
    const deletedPasskeyId = await this.deps.passkeys.remove(viewer, client, passkeyId);
    return { deletedPasskeyId, user: await this.deps.users.get(viewer.userId) };
  }
}

/** Adds passkeys to the user. */
@Resolver(() => UserType)
export class UserPasskeysResolver {
  constructor(private readonly deps: { passkeys: PasskeysService }) {}

  @AtMost(MAX_PASSKEYS)
  @FieldResolver(() => [PasskeyType], { description: "The user's passkeys, the oldest first." })
  passkeys(@Root() { id }: User, @Ctx() { loaders }: RequestContext) {
    return loaders.of(this.deps.passkeys.ofUsers).load(id);
  }
}
