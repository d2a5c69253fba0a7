import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit } from "#platform/schema/access";
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
  // By address too: each call sends a mail, to somebody who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Fails("BAD_REQUEST/WEAK_PASSWORD", "CONFLICT/EMAIL_TAKEN", "CONFLICT/USERNAME_TAKEN", "FORBIDDEN", "NOT_FOUND")
  @Mutation(() => RegisterPayload, {
    description:
      "Asks for a new account and mails a link to verify the address; if the tenant's admins decide, they are asked first " +
      "(AWAIT_APPROVAL). `verifyEmail` creates the user. A taken address gets the same answer, unless the setting " +
      "REVEAL_TAKEN_EMAIL is on. Refused if the tenant admits people by invitation only; a suspended tenant is not found.",
  })
  async register(
    @Arg("input", () => RegisterInput, { description: "Who registers." }) { transport, ...request }: RegisterInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<RegisterPayload> {
    const { next, challenge, expiresAt } = await this.deps.registration.register(request, client);
    if (transport === "BODY") return { next, challenge };
    cookies.set("registration", challenge, expiresAt);
    return { next, challenge: null };
  }

  @Public()
  @RateLimit({ limit: 5, window: 3600, per: ["IP", "IDENTIFIER"] })
  @ProvesCredential()
  @Fails("NOT_FOUND")
  @Mutation(() => ResendVerificationEmailPayload, {
    description:
      "Mails another verification link, if a registration of this address waits for one. With the challenge of `register` it is one of the same " +
      "registration; without it nothing of a registration is attached, so `verifyEmail` takes a new password. Such a link exists only if " +
      "the tenant is open to everybody, or has approved the address. A suspended tenant is not found.",
  })
  async resendVerificationEmail(
    @Arg("input", () => ResendVerificationEmailInput, { description: "The address that was registered." })
    { email, challenge, tenant }: ResendVerificationEmailInput,
    @Ctx() { client, cookies }: RequestContext,
  ): Promise<ResendVerificationEmailPayload> {
    const request = { email, challenge: challenge ?? cookies.get("registration"), tenant: tenant ?? null };
    await this.deps.verificationMails.request(request, client);
    return { accepted: true };
  }
}
