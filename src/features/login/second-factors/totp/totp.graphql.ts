import { Field, ObjectType } from "type-graphql";

@ObjectType({
  description:
    "An authenticator app to be set up. Shown this once; nothing is on until `confirmTotp` got a code of it, within an hour.",
})
export class TotpEnrollment {
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
