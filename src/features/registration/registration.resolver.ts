import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Public, RateLimit } from "../../platform/schema/access.ts";
import { ACCEPTED, AcceptedPayload } from "../../platform/schema/common.graphql.ts";
import type { RequestContext } from "../../platform/schema/context.ts";
import { EmailAddress } from "../../platform/schema/scalars.ts";
import { RegisterInput, RegisterPayload } from "./registration.graphql.ts";
import type { RegistrationService } from "./registration.service.ts";

@Resolver()
export class RegistrationResolver {
  readonly #registration: RegistrationService;

  constructor({ registration }: { registration: RegistrationService }) {
    this.#registration = registration;
  }

  @Public()
  // By address too: each call sends a mail, to somebody who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Mutation(() => RegisterPayload, {
    description:
      "Registers a new account and mails a link to prove the address; where the tenant's admins decide, they are asked first " +
      "(AWAIT_APPROVAL). A taken address gets the same answer. NOT_FOUND where there is no such tenant, or it is suspended; " +
      "FORBIDDEN where people come by invitation only.",
  })
  register(
    @Arg("input", () => RegisterInput, { description: "Who registers." }) input: RegisterInput,
    @Ctx() { client }: RequestContext,
  ): Promise<RegisterPayload> {
    return this.#registration.register(input, client);
  }

  @Public()
  @RateLimit({ limit: 5, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Mutation(() => AcceptedPayload, {
    description: "Mails another verification link, if somebody waits for one at this address.",
  })
  async resendVerificationEmail(
    @Arg("email", () => EmailAddress, { description: "The address that was registered." }) email: string,
  ): Promise<AcceptedPayload> {
    await this.#registration.requestVerification(email);
    return ACCEPTED;
  }
}
