import { Ctx, Mutation, Resolver } from "type-graphql";
import { RateLimit } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { SendReauthenticationCodePayload } from "./email-codes.graphql.ts";
import type { EmailCodesService } from "./email-codes.service.ts";

@Resolver()
export class EmailCodesResolver {
  constructor(private readonly deps: { emailCodes: EmailCodesService }) {}

  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Mutation(() => SendReauthenticationCodePayload, {
    description:
      "Mails a code for `reauthenticate`, good for 10 minutes on this session. Only for users who have no password, TOTP or passkey: " +
      "BAD_REQUEST for all others. RATE_LIMITED with retryAfter within 30 seconds of the last one, and after five more.",
  })
  async sendReauthenticationCode(@Ctx() { viewer, client }: SignedIn): Promise<SendReauthenticationCodePayload> {
    return { sentTo: await this.deps.emailCodes.sendForReauthentication(viewer, client) };
  }
}
