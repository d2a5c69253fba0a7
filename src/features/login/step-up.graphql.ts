import { Field, InputType } from "type-graphql";
import { FinishPasskeyLoginInput } from "./second-factor.graphql.ts";

@InputType({
  description:
    "What proves the caller once more. Give exactly one; User.mfa and User.hasPassword tell which. With a second factor on, a password counts " +
    "only on a session that has proved one (Session.authenticatedWith): who has lost app and passkey logs in with a backup code, then gives " +
    "the password.",
})
export class ReauthenticateInput {
  @Field(() => String, { nullable: true, description: "The caller's password." })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "A code from the caller's authenticator app." })
  totpCode?: string | null;

  @Field(() => String, { nullable: true, description: "The code that sendReauthenticationCode mailed." })
  emailCode?: string | null;

  @Field(() => FinishPasskeyLoginInput, {
    nullable: true,
    description: "One of the caller's passkeys, by the options of startPasskeyLogin without a challenge.",
  })
  passkey?: FinishPasskeyLoginInput | null;
}
