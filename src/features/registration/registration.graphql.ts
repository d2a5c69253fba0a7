import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { EmailAddress, Locale } from "#platform/schema/scalars";
import type { RegistrationNext } from "./registration.policy.ts";

export const RegistrationNextEnum = describedEnum<RegistrationNext>(
  "RegistrationNext",
  "What a person does after registering.",
  {
    VERIFY_EMAIL: "Follow the link in the mail.",
    AWAIT_APPROVAL: "Wait until an admin has decided; a mail has the decision, and the link if it was approved.",
  },
);

@InputType({ description: "A new account." })
export class RegisterInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "BODY answers with the challenge. COOKIE puts it into an HttpOnly, Secure, SameSite=Strict __Host- cookie, where every tab of the browser has it.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "The company to belong to, by `Tenant.slug`. Absent: the default tenant.",
  })
  tenant?: string | null;

  @Field(() => EmailAddress, { description: "Where the verification mail goes; the name for logging in." })
  email!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the user's address or name.",
  })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Another name for logging in: 3 to 32 letters, digits, or any of _ . -. It is given at verification, if still free.",
  })
  username?: string | null;

  @Field(() => String, { nullable: true, description: "The person's name, for showing; at most 200 characters." })
  name?: string | null;

  @Field(() => Locale, { nullable: true, description: "The language for mail; English if absent." })
  locale?: string | null;
}

@ObjectType({ description: "The same answer whether or not the address was known." })
export class RegisterPayload {
  @Field(() => RegistrationNextEnum, { description: "What to ask the person to do now." })
  next!: RegistrationNext;

  @Field(() => String, {
    nullable: true,
    description:
      "Give it to `verifyEmail` with the token of the mailed link: then the password, name and username of this registration apply. Keep it in local or secure storage, where a new tab finds it, until then. It opens nothing by itself. Null with transport COOKIE.",
  })
  challenge!: string | null;
}

@InputType({ description: "The address that was registered, and what the new link belongs to." })
export class ResendVerificationEmailInput {
  @Field(() => EmailAddress, { description: "The address that was registered." })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: "RegisterPayload.challenge; browsers with transport COOKIE need not give it.",
  })
  challenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Tenant.slug of the tenant to belong to, as for `register`. Absent: the default tenant.",
  })
  tenant?: string | null;
}

@ObjectType({ description: "The same answer whether or not a registration waits at this address." })
export class ResendVerificationEmailPayload {
  @Field(() => Boolean, { description: "Always true. A link was mailed if a registration waits at the address." })
  accepted!: boolean;
}
