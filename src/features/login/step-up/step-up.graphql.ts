import { Directive, Field, InputType, Int, ObjectType } from "type-graphql";
import { type Session, SessionType } from "#features/sessions/index";
import { DateTime } from "#platform/schema/scalars";
import { PasskeyAssertionInput } from "../second-factors/second-factor.graphql.ts";

@Directive("@oneOf")
@InputType({
  description:
    "What proves the caller once more. Exactly one, the strongest that the caller has; User.mfa and User.hasPassword say which: an " +
    "authenticator app or a passkey; without one the password; without that a mailed code. A user who has lost app and passkey logs in with a " +
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
    description: "One of the caller's passkeys, by the options of startPasskeyLogin without a challenge.",
  })
  passkey?: PasskeyAssertionInput | null;
}

@ObjectType({
  description: "An elevated access token. Keep it in memory and send it to this API only, never to another service.",
})
export class ReauthenticatePayload {
  @Field(() => String, {
    description:
      "Opens fields marked @reauth. A refresh does not renew it: once `elevatedUntil` has passed, it is an access token like any other.",
  })
  accessToken!: string;

  @Field(() => Int, { description: "Seconds until the access token expires." })
  expiresIn!: number;

  @Field(() => DateTime, { description: "Until when it opens fields marked @reauth." })
  elevatedUntil!: Date;

  @Field(() => SessionType, { description: "The caller's session, which rests on what was proved, too." })
  session!: Session;
}
