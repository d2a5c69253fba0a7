import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
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
  @Mutation(() => RegisterPayload, {
    description:
      "Asks for a new account and mails a link to verify the address; if the tenant's admins decide, they are asked first " +
      "(AWAIT_APPROVAL). There is no user before `verifyEmail`. A taken address gets the same answer. NOT_FOUND if there is no such " +
      "tenant, or it is suspended; FORBIDDEN if people come by invitation only; CONFLICT/USERNAME_TAKEN, BAD_REQUEST/WEAK_PASSWORD.",
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
  @Mutation(() => ResendVerificationEmailPayload, {
    description:
      "Mails another verification link, if somebody waits for one at this address. With the challenge of `register` it is one of the same " +
      "registration; without it nothing of a registration is attached, so `verifyEmail` takes a new password. Such a link exists only if " +
      "the tenant is open to everybody, or has approved the address. NOT_FOUND if there is no such tenant, or it is suspended.",
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
