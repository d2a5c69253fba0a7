import { Field, InputType, ObjectType } from "type-graphql";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { JSONObject } from "#platform/schema/scalars";

@InputType({ description: "What finishes a login that waits for a code." })
export class VerifyCodeInput {
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

@ObjectType({ description: "What a browser needs to ask for a passkey." })
export class PasskeyLoginOptions {
  @Field(() => String, {
    description:
      "To give back as it is, to finishPasskeyLogin or in ReauthenticateInput.passkey. Of a login that waits it is " +
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
export class FinishPasskeyLoginInput {
  @Field(() => String, { description: "PasskeyLoginOptions.challenge." })
  challenge!: string;

  @Field(() => JSONObject, { description: "What navigator.credentials.get() gave, through its toJSON()." })
  response!: Record<string, unknown>;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description:
      "How the tokens are wanted, as in LoginInput. After a password, what `login` was told counts; in reauthenticate it means nothing.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description:
      "As in LoginInput. After a password, what `login` was told counts; in reauthenticate it means nothing.",
  })
  deviceToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "As in LoginInput. After a password, what `login` was told counts; in reauthenticate it means nothing.",
  })
  deviceName?: string | null;
}
