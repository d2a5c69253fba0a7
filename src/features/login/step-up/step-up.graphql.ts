import { Directive, Field, InputType, Int, ObjectType } from "type-graphql";
import { type Session, SessionType } from "#features/sessions/index";
import { DateTime } from "#platform/schema/scalars";
import { PasskeyAssertionInput } from "../second-factors/second-factor.graphql.ts";

@Directive("@oneOf")
@InputType({
  description:
    "The proof for a step-up. Exactly one, the strongest that the caller has; see User.mfa and User.hasPassword. It is an " +
    "authenticator app or a passkey; without these the password; without that a mailed code. A user who has lost app and passkey logs in with a " +
    "backup code and adds a new factor with LoginSuccess.enrolmentTicket.",
})
export class ReauthenticateInput {
  @Field(() => String, { nullable: true, description: "The caller's password." })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "A code from the caller's authenticator app." })
  totpCode?: string | null;

  @Field(() => String, { nullable: true, description: "The code that sendReauthenticationCode mailed." })
  emailCode?: string | null;

  @Field(() => PasskeyAssertionInput, {
    nullable: true,
    description: "One of the caller's passkeys, with the options of startPasskeyLogin without a challenge.",
  })
  passkey?: PasskeyAssertionInput | null;
}

@ObjectType({
  description: "An elevated access token. Keep it in memory and send it to this API only, never to another service.",
})
export class ReauthenticatePayload {
  @Field(() => String, {
    description:
      "Grants access to fields marked @reauth. A refresh does not extend this: after `elevatedUntil` it is an ordinary access token.",
  })
  accessToken!: string;

  @Field(() => Int, { description: "Seconds until the access token expires." })
  expiresIn!: number;

  @Field(() => DateTime, { description: "Until when it grants access to fields marked @reauth." })
  elevatedUntil!: Date;

  @Field(() => SessionType, { description: "The caller's session, with the new proof." })
  session!: Session;
}
