import { Field, InputType, ObjectType } from "type-graphql";
import { UserPayload } from "#features/users/index";
import { EnrolmentTicketInput } from "../../mfa/mfa.graphql.ts";

@InputType({ description: "What stands in for a step-up." })
export class EnableTotpInput extends EnrolmentTicketInput {}

@ObjectType({
  description:
    "An authenticator app to be set up. Shown this once; nothing is on until `confirmTotp` got a code of it, within an hour.",
})
export class EnableTotpPayload {
  @Field(() => String, {
    description: "The secret in base32, for typing into an app that cannot scan: SHA-1, 6 digits, 30 seconds.",
  })
  secret!: string;

  @Field(() => String, {
    description: "The otpauth:// URL of the QR code. On a phone, offer it as a link: it opens the installed app.",
  })
  otpauthUrl!: string;

  @Field(() => String, { description: "The QR code as an SVG data URL, black on white: `<img src={qrCode}>`." })
  qrCode!: string;

  @Field(() => [String], {
    description:
      "Ten backup codes, each good once instead of a code of the app, from `confirmTotp` on; then older ones are void.",
  })
  backupCodes!: string[];
}

@InputType({ description: "The first code of the authenticator app." })
export class ConfirmTotpInput {
  @Field(() => String, {
    description:
      "The six digits the app shows now, as the user typed them: spaces, dashes and direction marks do not matter.",
  })
  code!: string;
}

@ObjectType({ description: "The caller's user with the authenticator app on." })
export class ConfirmTotpPayload extends UserPayload {}

@ObjectType({ description: "The caller's user without the authenticator app." })
export class DisableTotpPayload extends UserPayload {}
