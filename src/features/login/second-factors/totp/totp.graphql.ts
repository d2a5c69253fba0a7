import { Field, InputType, ObjectType } from "type-graphql";
import { UserPayload } from "#features/users/index";
import { EnrolmentTicketInput } from "../../mfa/mfa.graphql.ts";

@InputType({ description: "A ticket that can be used instead of a step-up." })
export class EnableTotpInput extends EnrolmentTicketInput {}

@ObjectType({
  description:
    "The setup of an authenticator app, shown only once. It is not active until `confirmTotp` receives its first code, within an hour.",
})
export class EnableTotpPayload {
  @Field(() => String, {
    description: "The secret in base32, to enter in an app that cannot scan: SHA-1, 6 digits, 30 seconds.",
  })
  secret!: string;

  @Field(() => String, {
    description: "The otpauth:// URL of the QR code. On a phone, offer it as a link that opens the installed app.",
  })
  otpauthUrl!: string;

  @Field(() => String, { description: "The QR code as an SVG data URL, black on white: `<img src={qrCode}>`." })
  qrCode!: string;

  @Field(() => [String], {
    description:
      "Ten backup codes, each valid once instead of a code of the app. `confirmTotp` activates them and invalidates older ones.",
  })
  backupCodes!: string[];
}

@InputType({ description: "The first code of the authenticator app." })
export class ConfirmTotpInput {
  @Field(() => String, {
    description:
      "The current six digits of the app, as entered by the user. Spaces, dashes and direction marks are ignored.",
  })
  code!: string;
}

@ObjectType({ description: "The caller's user, with the authenticator app enabled." })
export class ConfirmTotpPayload extends UserPayload {}

@ObjectType({ description: "The caller's user, without the authenticator app." })
export class DisableTotpPayload extends UserPayload {}
