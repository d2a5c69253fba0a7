import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import { CredentialMutation, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { PasswordLogin } from "../first-factors/password/password-login.service.ts";
import { AuthSettings, LoginInput, LoginResult } from "./login.graphql.ts";
import { LOGIN_ERRORS } from "./login-errors.ts";
import { tokenDeliveryRequest, toLoginResult } from "./login-result.ts";

@Resolver()
export class LoginResolver {
  constructor(private readonly deps: { login: PasswordLogin; tenants: TenantsService }) {}

  @Public()
  @Query(() => AuthSettings, {
    description:
      "The settings that a login page needs before sign-in. NOT_FOUND if the tenant does not exist or is suspended.",
  })
  authSettings(
    @Arg("tenant", () => String, {
      nullable: true,
      description: "The `Tenant.slug` of the login page's tenant. If absent, the default tenant.",
    })
    tenant: string | null | undefined,
  ): Promise<Tenant> {
    return this.deps.tenants.getForVisitor(tenant);
  }

  @Public()
  @CredentialMutation()
  @Fails(...LOGIN_ERRORS, "FORBIDDEN/APPROVAL_PENDING", "INVALID_CREDENTIALS", "RATE_LIMITED/ACCOUNT_LOCKED")
  @Mutation(() => LoginResult, {
    description:
      "Logs in, or returns the next step. The error is the same for an unknown identifier and a wrong password. After five " +
      "failures the account is locked for `retryAfter` seconds. Why the account may not log in is only returned if the password is right.",
  })
  async login(
    @Arg("input", () => LoginInput, { description: "The user's credentials." }) input: LoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { identifier, password, deviceName } = input;
    const request = { identifier, password, ...tokenDeliveryRequest(input, context) };
    return toLoginResult(await this.deps.login.logIn(request, nameDevice(context.client, deviceName)), context);
  }
}
