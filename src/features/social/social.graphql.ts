import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import { DateTime, EmailAddress, Url, type WrittenUrl } from "#platform/schema/scalars";

@InputType({ description: "The provider to log in with, and how." })
export class StartSocialLoginInput {
  @Field(() => String, { description: "SocialProvider.id, of `authSettings`." })
  provider!: string;

  @Field(() => Url, {
    description:
      "The page that the provider redirects the browser to, which then calls `finishSocialLogin` or `linkSocialAccount`. Must exactly match " +
      "one of the redirect URIs in the settings.",
  })
  redirectUri!: WrittenUrl;

  @Field(() => TokenTransportEnum, { defaultValue: "BODY", description: "As in LoginInput." })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description:
      "For apps, and pages on another site than this API: the SHA-256, in base64url, of a random verifier of 43 to 128 characters, known only to " +
      "the app and presented after the callback (as in RFC 7636). Without it, a cookie binds the login to the browser.",
  })
  codeChallenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The slug (`Tenant.slug`) of the tenant that a new user joins. If absent, the default tenant.",
  })
  tenant?: string | null;
}

@ObjectType({ description: "Where to send the browser." })
export class StartSocialLoginPayload {
  @Field(() => Url, { description: "The provider's page." })
  authorizationUrl!: URL;

  @Field(() => String, {
    description: "Returned in the callback address, so that an app can find the verifier. Valid once, for ten minutes.",
  })
  state!: string;
}

@InputType({ description: "The parameters of the callback address." })
export class LinkSocialAccountInput {
  @Field(() => String, { description: "`state` of the callback address." })
  state!: string;

  @Field(() => String, { description: "`code` of the callback address." })
  code!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "`iss` of the callback address, if present (RFC 9207): it prevents one provider from posing as another.",
  })
  iss?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The verifier, if the login was started with a `codeChallenge`.",
  })
  codeVerifier?: string | null;
}

@InputType({ description: "The parameters of the callback address, and the device." })
export class FinishSocialLoginInput extends LinkSocialAccountInput {
  @Field(() => String, { nullable: true, description: "As in LoginInput." })
  deviceToken?: string | null;

  @Field(() => String, { nullable: true, description: "As in LoginInput." })
  deviceName?: string | null;
}

@ObjectType({ description: "The caller's user with the linked account." })
export class LinkSocialAccountPayload extends UserPayload {}

@InputType({ description: "The account to unlink." })
export class UnlinkSocialAccountInput {
  @Field(() => String, { description: "SocialAccount.provider." })
  provider!: string;
}

@ObjectType({ description: "The caller's user without the account." })
export class UnlinkSocialAccountPayload extends UserPayload {}

@ObjectType("SocialAccount", { description: "A user's account at a provider, for login." })
export class SocialAccountType {
  @Field(() => String, { description: "SocialProvider.id. A user has at most one account at each." })
  provider!: string;

  @Field(() => EmailAddress, {
    nullable: true,
    description:
      "The address that the provider reported at the last login, for display. Null if it never reported one.",
  })
  email!: string | null;

  @Field(() => DateTime, { description: "When it was linked." })
  linkedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "The last login with it; null before the first." })
  lastUsedAt!: Date | null;
}

@ObjectType("SocialProvider", { description: "An identity provider for login." })
export class SocialProviderType {
  @Field(() => String, { description: "For `startSocialLogin` and `unlinkSocialAccount`." })
  id!: string;

  @Field(() => String, { description: "The label of the button." })
  name!: string;
}
