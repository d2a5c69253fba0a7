import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { JSONObject } from "#platform/schema/scalars";

/** The input that completes a login with a code. */
@InputType()
export abstract class VerifyCodeInput {
  @Field(() => String, { description: "SecondFactorRequired.challenge." })
  challenge!: string;

  @Field(() => String, {
    description:
      "The code as entered by the user. Spaces, dashes and direction marks are ignored, and digits of any script are accepted.",
  })
  code!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Whether to trust this device (Device.trusted). A trusted device does not skip the second factor.",
  })
  trustDevice!: boolean;
}

@InputType({ description: "The unfinished login and a code from the authenticator app." })
export class VerifyTotpInput extends VerifyCodeInput {}

@InputType({ description: "The unfinished login and one of the backup codes." })
export class VerifyBackupCodeInput extends VerifyCodeInput {}

@InputType({ description: "The unfinished login and the mailed code." })
export class VerifyEmailCodeInput extends VerifyCodeInput {}

@InputType({ description: "The login that waits for a mailed code." })
export class SendEmailCodeInput {
  @Field(() => String, { description: "SecondFactorRequired.challenge." })
  challenge!: string;
}

@ObjectType({ description: "Another code was mailed." })
export class SendEmailCodePayload {
  @Field(() => String, { description: "The masked address to which the code was sent: ad***@acme.com." })
  sentTo!: string;
}

@InputType({ description: "The purpose of the passkey prompt." })
export class StartPasskeyLoginInput {
  @Field(() => String, {
    nullable: true,
    description: "SecondFactorRequired.challenge; omit it to log in without a password.",
  })
  challenge?: string | null;
}

@ObjectType({ description: "The options for a passkey prompt in the browser." })
export class StartPasskeyLoginPayload {
  @Field(() => String, {
    description:
      "Pass it unchanged to `finishPasskeyLogin` or in ReauthenticateInput.passkey. For an unfinished login it is " +
      "SecondFactorRequired.challenge, not the one in publicKey.",
  })
  challenge!: string;

  @Field(() => JSONObject, {
    description:
      "For navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) }). Valid for five minutes.",
  })
  publicKey!: object;
}

@InputType({ description: "The passkey response of a browser." })
export class PasskeyAssertionInput {
  @Field(() => String, { description: "The challenge that `startPasskeyLogin` returned." })
  challenge!: string;

  @Field(() => JSONObject, { description: "The result of navigator.credentials.get(), through its toJSON()." })
  response!: Record<string, unknown>;
}

@InputType({ description: "The passkey response of a browser, and how to deliver the tokens." })
export class FinishPasskeyLoginInput extends PasskeyAssertionInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "How the tokens are delivered, as in LoginInput. For a second factor, the transport given to `login` applies.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "As in LoginInput. For a second factor, the value given to `login` applies.",
  })
  deviceToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "As in LoginInput. For a second factor, the value given to `login` applies.",
  })
  deviceName?: string | null;
}
