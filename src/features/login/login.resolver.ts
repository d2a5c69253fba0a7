import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { ProvesCredential, Public } from "../../platform/schema/access.ts";
import type { RequestContext } from "../../platform/schema/context.ts";
import { nameDevice } from "../devices/index.ts";
import type { Tenant, TenantsService } from "../tenants/index.ts";
import { deliverGrant, deliveryRequest } from "./grant-delivery.ts";
import { AuthSettings, LoginInput, LoginResult, type SecondFactorRequired } from "./login.graphql.ts";
import type { LoginService } from "./login.service.ts";
import type { SecondFactorStep } from "./login-steps.ts";

@Resolver()
export class LoginResolver {
  readonly #login: LoginService;
  readonly #tenants: TenantsService;

  constructor({ login, tenants }: { login: LoginService; tenants: TenantsService }) {
    this.#login = login;
    this.#tenants = tenants;
  }

  @Public()
  @Query(() => AuthSettings, { description: "What a login page needs before anyone is signed in." })
  authSettings(): Promise<Tenant> {
    return this.#tenants.default();
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Logs in, or says what is still to be proved. INVALID_CREDENTIALS for an unknown identifier and a wrong password alike; " +
      "RATE_LIMITED/ACCOUNT_LOCKED with retryAfter after five failures; FORBIDDEN with a reason where the password is right but the account " +
      "may not log in.",
  })
  async login(
    @Arg("input", () => LoginInput, { description: "Who logs in." }) input: LoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { identifier, password, deviceName } = input;
    const request = { identifier, password, ...deliveryRequest(input, context) };
    const step = await this.#login.logIn(request, nameDevice(context.client, deviceName));
    return "tokens" in step ? deliverGrant(step, context) : toSecondFactorRequired(step);
  }
}

const toSecondFactorRequired = (step: SecondFactorStep): SecondFactorRequired => {
  const [preferredFactor] = step.factors;
  if (preferredFactor === undefined) throw new Error("A login waits for a factor that nobody has.");
  return { ...step, preferredFactor };
};
