import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { JSONObject } from "#platform/schema/scalars";

/** What finishes a login that waits for a code. */
@InputType()
export abstract class VerifyCodeInput {
  @Field(() => String, { description: "SecondFactorRequired.challenge." })
  challenge!: string;

  @Field(() => String, {
    description:
      "The code as the user typed it: spaces, dashes and direction marks do not matter, and digits may be those of any script.",
  })
  code!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "Whether this device is the user's own from now on (Device.trusted). A trusted device does not skip the second factor.",
  })
  trustDevice!: boolean;
}

@InputType({ description: "The login that waits, and a code from the authenticator app." })
export class VerifyTotpInput extends VerifyCodeInput {}

@InputType({ description: "The login that waits, and one of the backup codes." })
export class VerifyBackupCodeInput extends VerifyCodeInput {}

@InputType({ description: "The login that waits, and the code that was mailed." })
export class VerifyEmailCodeInput extends VerifyCodeInput {}

@InputType({ description: "The login that waits for a mailed code." })
export class SendEmailCodeInput {
  @Field(() => String, { description: "SecondFactorRequired.challenge." })
  challenge!: string;
}

@ObjectType({ description: "Another code was mailed." })
export class SendEmailCodePayload {
  @Field(() => String, { description: "Where the code was sent, masked: ad***@acme.com." })
  sentTo!: string;
}

@InputType({ description: "What the passkey is for." })
export class StartPasskeyLoginInput {
  @Field(() => String, {
    nullable: true,
    description: "SecondFactorRequired.challenge; leave it out to log in without a password.",
  })
  challenge?: string | null;
}

@ObjectType({ description: "What a browser needs to ask for a passkey." })
export class StartPasskeyLoginPayload {
  @Field(() => String, {
    description:
      "To give back as it is, to `finishPasskeyLogin` or in ReauthenticateInput.passkey. Of a login that waits it is " +
      "SecondFactorRequired.challenge, not the one in publicKey.",
  })
  challenge!: string;

  @Field(() => JSONObject, {
    description:
      "For navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) }). Good for five minutes.",
  })
  publicKey!: object;
}

@InputType({ description: "What a browser answered with a passkey." })
export class PasskeyAssertionInput {
  @Field(() => String, { description: "StartPasskeyLoginPayload.challenge." })
  challenge!: string;

  @Field(() => JSONObject, { description: "What navigator.credentials.get() gave, through its toJSON()." })
  response!: Record<string, unknown>;
}

@InputType({ description: "What a browser answered with a passkey, and how the tokens are delivered." })
export class FinishPasskeyLoginInput extends PasskeyAssertionInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "How the tokens are delivered, as in LoginInput. As a second factor, the transport given to `login` counts.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "As in LoginInput. As a second factor, what was given to `login` counts.",
  })
  deviceToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "As in LoginInput. As a second factor, what was given to `login` counts.",
  })
  deviceName?: string | null;
}
