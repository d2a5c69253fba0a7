import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { CredentialMutation, Public, RateLimit } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import {
  RegisterInput,
  RegisterPayload,
  ResendVerificationEmailInput,
  ResendVerificationEmailPayload,
} from "./registration.graphql.ts";
import type { RegistrationService } from "./registration.service.ts";
import type { VerificationMails } from "./verification-mails.ts";

@Resolver()
export class RegistrationResolver {
  constructor(
    private readonly deps: {
      registration: RegistrationService;
      verificationMails: VerificationMails;
    },
  ) {}

  @Public()
  // Also limited by address: each call sends a mail, possibly to a person who did not request it.
  @RateLimit({ limit: 10, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Fails("BAD_REQUEST/WEAK_PASSWORD", "CONFLICT/EMAIL_TAKEN", "CONFLICT/USERNAME_TAKEN", "FORBIDDEN", "NOT_FOUND")
  @Mutation(() => RegisterPayload, {
    description:
      "Requests a new account and mails a link to verify the address. If the tenant requires approval, its admins decide first " +
      "(AWAIT_APPROVAL). `verifyEmail` creates the user. A taken address gets the same response, unless the setting " +
      "REVEAL_TAKEN_EMAIL is on. Fails if registration is by invitation only. A suspended tenant is not found.",
  })
  async register(
    @Arg("input", () => RegisterInput, { description: "The new account." }) { transport, ...request }: RegisterInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<RegisterPayload> {
    const { next, challenge, expiresAt } = await this.deps.registration.register(request, client);
    if (transport === "BODY") return { next, challenge };
    cookies.set("registration", challenge, expiresAt);
    return { next, challenge: null };
  }

  @Public()
  @RateLimit({ limit: 5, window: 3600, per: ["IP", "IDENTIFIER"] })
  @CredentialMutation()
  @Fails("NOT_FOUND")
  @Mutation(() => ResendVerificationEmailPayload, {
    description:
      "Mails another verification link if the address has a pending registration. With the challenge of `register`, the link belongs to the same " +
      "registration. Without it, the link has no registration attached, so `verifyEmail` takes a new password. Such a link is sent only if " +
      "registration is open, or the address is approved. A suspended tenant is not found.",
  })
  async resendVerificationEmail(
    @Arg("input", () => ResendVerificationEmailInput, { description: "The registered address." })
    { email, challenge, tenant }: ResendVerificationEmailInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<ResendVerificationEmailPayload> {
    const request = { email, challenge: challenge ?? cookies.get("registration"), tenant: tenant ?? null };
    await this.deps.verificationMails.request(request, client);
    return { accepted: true };
  }
}
