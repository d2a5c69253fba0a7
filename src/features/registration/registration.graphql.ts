import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { EmailAddress, Locale } from "#platform/schema/scalars";
import type { RegistrationNext } from "./registration.policy.ts";

export const RegistrationNextEnum = describedEnum<RegistrationNext>(
  "RegistrationNext",
  "The next step after registering.",
  {
    VERIFY_EMAIL: "Follow the link in the mail.",
    AWAIT_APPROVAL: "Wait for an admin's decision. It is sent by mail, with the link if approved.",
  },
);

@InputType({ description: "A new account." })
export class RegisterInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "BODY returns the challenge. COOKIE puts it into an HttpOnly, Secure, SameSite=Strict __Host- cookie, shared by all tabs of the browser.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "The slug (`Tenant.slug`) of the tenant to join. If absent, the default tenant.",
  })
  tenant?: string | null;

  @Field(() => EmailAddress, { description: "Receives the verification mail, and is the name for logging in." })
  email!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common password, and not the user's address or name.",
  })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Another name for logging in: 3 to 32 letters, digits, or any of _ . -. It is assigned at verification, if still free.",
  })
  username?: string | null;

  @Field(() => String, { nullable: true, description: "The person's display name; at most 200 characters." })
  name?: string | null;

  @Field(() => Locale, { nullable: true, description: "The language of mails; English if absent." })
  locale?: string | null;
}

@ObjectType({ description: "The response is the same whether or not the address was known." })
export class RegisterPayload {
  @Field(() => RegistrationNextEnum, { description: "The next step for the person." })
  next!: RegistrationNext;

  @Field(() => String, {
    nullable: true,
    description:
      "Pass it to `verifyEmail` with the token of the mailed link, so that the password, name and username of this registration apply. Keep it until then in local or secure storage, where a new tab can read it. It grants nothing by itself. Null with transport COOKIE.",
  })
  challenge!: string | null;
}

@InputType({ description: "The registered address, and the registration or tenant of the new link." })
export class ResendVerificationEmailInput {
  @Field(() => EmailAddress, { description: "The registered address." })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: "RegisterPayload.challenge; not needed by browsers with transport COOKIE.",
  })
  challenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The slug (`Tenant.slug`) of the tenant to join, as for `register`. If absent, the default tenant.",
  })
  tenant?: string | null;
}

@ObjectType({ description: "The response is the same whether or not the address has a pending registration." })
export class ResendVerificationEmailPayload {
  @Field(() => Boolean, { description: "Always true. A link was mailed if the address has a pending registration." })
  accepted!: boolean;
}
