import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { UsersService } from "#features/users/index";
import { Enrols, ProvesCredential, RateLimit, Reauth } from "#platform/schema/access";
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
      "Begins to set up an authenticator app: show the QR code and the backup codes, then send the app's first code to `confirmTotp`. " +
      "An app that is on stays so until then. Called again, what was shown before is void.",
  })
  enableTotp(
    @Arg("input", () => EnableTotpInput, { defaultValue: {}, description: "The ticket, if there is one." })
    { enrolmentTicket }: EnableTotpInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<EnableTotpPayload> {
    return this.deps.totp.enable(viewer, enrolmentTicket ?? null);
  }

  @Enrols()
  @ProvesCredential()
  @Fails("BAD_REQUEST", "INVALID_CODE", "RATE_LIMITED/MFA_LOCKED", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => ConfirmTotpPayload, {
    description:
      "Turns on what `enableTotp` showed in the last hour, in the place of an app that was on. This code is used up by it. " +
      "Refused if this session has begun nothing, or another session has turned a second factor on in the meantime: call `enableTotp` again. " +
      "An input that cannot be a code does not count as an attempt.",
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
      "Turns the authenticator app off. Without a passkey, logins ask for no second factor from then on, and the backup codes are void. " +
      "Refused if none is on.",
  })
  async disableTotp(@Ctx() { viewer, client }: SignedIn): Promise<DisableTotpPayload> {
    await this.deps.totp.disable(viewer, client);
    return { user: await this.deps.users.get(viewer.userId) };
  }
}
