import { Directive, Field, ID, InputType, ObjectType } from "type-graphql";
import { PasskeyAssertionInput } from "#features/login/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import { EmailAddress, Locale } from "#platform/schema/scalars";
import type { UserId } from "#shared/ids";

@InputType({ description: "The changes to the caller's profile. Absent fields stay unchanged." })
export class UpdateProfileInput {
  @Field(() => String, { nullable: true, description: "At most 200 characters; null or empty removes the name." })
  name?: string | null;

  @Field(() => Locale, { nullable: true, description: "The language of mails and pages. Null leaves it unchanged." })
  locale?: string | null;
}

@ObjectType({ description: "The caller's user with the new profile." })
export class UpdateProfilePayload extends UserPayload {}

@InputType({ description: "The new username." })
export class ChangeUsernameInput {
  @Field(() => String, {
    description: "3 to 32 letters, digits, or any of _ . - Case-insensitive.",
  })
  username!: string;

  @Field(() => String, {
    nullable: true,
    description: "The current password. Users without one omit it and need an elevated access token (reauthenticate).",
  })
  password?: string | null;
}

@ObjectType({ description: "The caller's user with the new username." })
export class ChangeUsernamePayload extends UserPayload {}

@InputType({ description: "The new address." })
export class ChangeEmailInput {
  @Field(() => EmailAddress, { description: "The new address. The verification link is sent there." })
  newEmail!: string;
}

@ObjectType({
  description: "The same response whether or not the address is available. User.email changes once the link is used.",
})
export class ChangeEmailPayload {
  @Field(() => EmailAddress, { description: "The address that the link was sent to." })
  newEmail!: string;
}

@ObjectType({ description: "The change was cancelled: its link is invalid." })
export class CancelEmailChangePayload extends UserPayload {}

@InputType({ description: "The deletion of the caller's account." })
export class DeleteAccountInput {
  @Field(() => String, {
    nullable: true,
    description: "The current password. Users without one omit it and need an elevated access token (reauthenticate).",
  })
  password?: string | null;
}

@ObjectType({ description: "The account is deleted, with all its sessions." })
export class DeleteAccountPayload {
  @Field(() => ID, { description: "The deleted user." })
  deletedUserId!: UserId;
}

@InputType({ description: "The verification of an address, and the data of the new user." })
export class VerifyEmailInput {
  @Field(() => String, { description: "The `token` parameter of the link's URL." })
  token!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "RegisterPayload.challenge, if this client registered; not needed in browsers that registered with transport COOKIE. With it, password, " +
      "name and username of the registration apply.",
  })
  challenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Required without the challenge (the link was opened on another device): 8 to 128 characters of any kind, or the tenant's minimum; " +
      "not a common password, not the address or the name.",
  })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "The person's display name; at most 200 characters." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "A username for logging in: 3 to 32 letters, digits, or any of _ . -",
  })
  username?: string | null;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the tokens are delivered, as for `login`.",
  })
  transport!: TokenTransport;

  @Field(() => String, { nullable: true, description: "The device token, as for `LoginInput.deviceToken`." })
  deviceToken?: string | null;
}

@InputType({ description: "The verification of a new address." })
export class ConfirmEmailChangeInput {
  @Field(() => String, { description: "The `token` parameter of the link's URL." })
  token!: string;
}

@ObjectType({ description: "The new address is verified." })
export class ConfirmEmailChangePayload {
  @Field(() => EmailAddress, { description: "The account's current address." })
  email!: string;
}

@Directive("@oneOf")
@InputType({
  description:
    "A credential from before the change of address that proves ownership of the account: exactly one of these.",
})
export class UndoEmailChangeProof {
  @Field(() => String, {
    nullable: true,
    description: "The password from before the change, even if it has been changed since.",
  })
  password?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "A code from an authenticator app that was enabled before the change.",
  })
  totpCode?: string | null;

  @Field(() => PasskeyAssertionInput, {
    nullable: true,
    description: "A passkey from before the change, with the options of startPasskeyLogin without a challenge.",
  })
  passkey?: PasskeyAssertionInput | null;

  @Field(() => String, {
    nullable: true,
    description: "The secret that this client received as LoginSuccess.deviceToken (browsers use a cookie instead).",
  })
  deviceToken?: string | null;
}

@ObjectType({ description: "The change of address is undone." })
export class UndoEmailChangePayload {
  @Field(() => EmailAddress, { description: "The restored address of the account." })
  email!: string;
}

@InputType({ description: "The change of address to undo, and an older credential." })
export class UndoEmailChangeInput {
  @Field(() => String, { description: "The `token` parameter of the link's URL." })
  token!: string;

  @Field(() => UndoEmailChangeProof, {
    nullable: true,
    description: "A credential from before the change. Not needed on a device that was known before it.",
  })
  proof?: UndoEmailChangeProof | null;
}

@InputType({ description: "The change of address to keep." })
export class KeepEmailChangeInput {
  @Field(() => String, { description: "The `token` parameter of the link's URL." })
  token!: string;

  @Field(() => String, {
    nullable: true,
    description: "The secret that this client received as LoginSuccess.deviceToken (browsers use a cookie instead).",
  })
  deviceToken?: string | null;
}

@ObjectType({ description: "The link can no longer undo the change." })
export class KeepEmailChangePayload {
  @Field(() => EmailAddress, { description: "The account's current address." })
  email!: string;
}
