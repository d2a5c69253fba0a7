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
      "The page that the provider sends the browser back to, which then calls `finishSocialLogin` or `linkSocialAccount`. One of those that " +
      "the settings name, letter by letter.",
  })
  redirectUri!: WrittenUrl;

  @Field(() => TokenTransportEnum, { defaultValue: "BODY", description: "As in LoginInput." })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description:
      "For apps, and pages on another site than this API: the SHA-256, in base64url, of a random verifier of 43 to 128 characters that only " +
      "the app knows and gives when it is back (as RFC 7636 has it). Without it a cookie ties the login to the browser.",
  })
  codeChallenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The company that a newcomer is to belong to, by `Tenant.slug`. Absent: the default tenant.",
  })
  tenant?: string | null;
}

@ObjectType({ description: "Where to send the browser." })
export class StartSocialLoginPayload {
  @Field(() => Url, { description: "The provider's page." })
  authorizationUrl!: URL;

  @Field(() => String, {
    description: "Comes back in the address: an app finds by it which verifier it was. Good for ten minutes, and once.",
  })
  state!: string;
}

@InputType({ description: "What came back in the address that the provider sent the browser to." })
export class LinkSocialAccountInput {
  @Field(() => String, { description: "`state` of the address." })
  state!: string;

  @Field(() => String, { description: "`code` of the address." })
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

@InputType({ description: "What came back in the address that the provider sent the browser to, and the device." })
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

@ObjectType("SocialAccount", { description: "An account at a provider, by which its user logs in." })
export class SocialAccountType {
  @Field(() => String, { description: "SocialProvider.id. A user has at most one account of each." })
  provider!: string;

  @Field(() => EmailAddress, {
    nullable: true,
    description:
      "The address that the provider reported at the last login, for display. Null if it never reported one.",
  })
  email!: string | null;

  @Field(() => DateTime, { description: "Since when it is linked." })
  linkedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "The last login by it; null before the first." })
  lastUsedAt!: Date | null;
}

@ObjectType("SocialProvider", { description: "A provider of identities by which people can log in." })
export class SocialProviderType {
  @Field(() => String, { description: "For `startSocialLogin` and `unlinkSocialAccount`." })
  id!: string;

  @Field(() => String, { description: "For people: what to write on the button." })
  name!: string;
}
