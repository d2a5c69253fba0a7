import { Ctx, Mutation, Resolver } from "type-graphql";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { SendReauthenticationCodePayload } from "./email-codes.graphql.ts";
import type { EmailCodesService } from "./email-codes.service.ts";

@Resolver()
export class EmailCodesResolver {
  constructor(private readonly deps: { emailCodes: EmailCodesService }) {}

  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Fails("BAD_REQUEST", "RATE_LIMITED")
  @Mutation(() => SendReauthenticationCodePayload, {
    description:
      "Mails a code for `reauthenticate`, valid for 10 minutes on this session. Only for users without a password, TOTP or passkey. " +
      "At most one in 30 seconds, and five more after the first.",
  })
  async sendReauthenticationCode(@Ctx() { viewer, client }: SignedIn): Promise<SendReauthenticationCodePayload> {
    return { sentTo: await this.deps.emailCodes.sendForReauthentication(viewer, client) };
  }
}
