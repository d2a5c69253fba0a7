import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { UsersService } from "#features/users/index";
import { CredentialMutation, Enrols, RateLimit, Reauth } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import {
  ConfirmTotpInput,
  ConfirmTotpPayload,
  DisableTotpPayload,
  EnableTotpInput,
  EnableTotpPayload,
} from "./totp.graphql.ts";
import type { TotpService } from "./totp.service.ts";

@Resolver()
export class TotpResolver {
  constructor(private readonly deps: { totp: TotpService; users: UsersService }) {}

  // Each call computes ten slow hashes.
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Reauth({ orTicket: true })
  @Enrols()
  @Fails()
  @Mutation(() => EnableTotpPayload, {
    description:
      "Starts the setup of an authenticator app: show the QR code and the backup codes, then send the app's first code to `confirmTotp`. " +
      "An app that is enabled stays so until then. Another call invalidates what was shown before.",
  })
  enableTotp(
    @Arg("input", () => EnableTotpInput, { defaultValue: {}, description: "The optional enrolment ticket." })
    { enrolmentTicket }: EnableTotpInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<EnableTotpPayload> {
    return this.deps.totp.enable(viewer, enrolmentTicket ?? null);
  }

  @Enrols()
  @CredentialMutation()
  @Fails("BAD_REQUEST", "INVALID_CODE", "RATE_LIMITED/MFA_LOCKED", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => ConfirmTotpPayload, {
    description:
      "Enables the app that `enableTotp` set up in the last hour, and replaces an app that was enabled. The code is consumed. " +
      "Rejected if this session has not started a setup, or if another session has enabled a second factor since: call `enableTotp` again. " +
      "A malformed input does not count as an attempt.",
  })
  async confirmTotp(
    @Arg("input", () => ConfirmTotpInput, { description: "The app's first code." }) { code }: ConfirmTotpInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<ConfirmTotpPayload> {
    await this.deps.totp.confirm(viewer, client, code);
    return { user: await this.deps.users.get(viewer.userId) };
  }

  @Reauth()
  @Fails("BAD_REQUEST")
  @Mutation(() => DisableTotpPayload, {
    description:
      "Disables the authenticator app. If the user has no passkey, logins no longer need a second factor, and the backup codes become invalid. " +
      "Rejected if no app is enabled.",
  })
  async disableTotp(@Ctx() { viewer, client }: SignedIn): Promise<DisableTotpPayload> {
    await this.deps.totp.disable(viewer, client);
    return { user: await this.deps.users.get(viewer.userId) };
  }
}
