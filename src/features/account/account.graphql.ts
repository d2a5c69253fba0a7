import { Directive, Field, ID, InputType, ObjectType } from "type-graphql";
import { PasskeyAssertionInput } from "#features/login/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import { EmailAddress } from "#platform/schema/scalars";
import type { UserId } from "#shared/ids";

@InputType({ description: "Another username." })
export class ChangeUsernameInput {
  @Field(() => String, {
    description: "3 to 32 letters, digits, or any of _ . - Upper and lower case are the same name.",
  })
  username!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The current password. A user without one leaves it out and needs an elevated access token (reauthenticate).",
  })
  password?: string | null;
}

@ObjectType({ description: "The caller's user with the new username." })
export class ChangeUsernamePayload extends UserPayload {}

@InputType({ description: "Another address." })
export class ChangeEmailInput {
  @Field(() => EmailAddress, { description: "Where the link goes that proves it." })
  newEmail!: string;
}

@ObjectType({
  description: "The same answer whether or not the address is free. User.email changes once its link is used.",
})
export class ChangeEmailPayload {
  @Field(() => EmailAddress, { description: "Where the link was sent." })
  newEmail!: string;
}

@InputType({ description: "The deletion of the caller's account." })
export class DeleteAccountInput {
  @Field(() => String, {
    nullable: true,
    description:
      "The current password. A user without one leaves it out and needs an elevated access token (reauthenticate).",
  })
  password?: string | null;
}

@ObjectType({ description: "The account is gone, and every session with it." })
export class DeleteAccountPayload {
  @Field(() => ID, { description: "Who was deleted." })
  deletedUserId!: UserId;
}

@InputType({ description: "The proof of an address, and what the new user is to have." })
export class VerifyEmailInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "RegisterPayload.challenge, if this client registered; browsers that registered with transport COOKIE need not give it. Then password, " +
      "name and username of the registration apply.",
  })
  challenge?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Needed without the challenge (the link was opened on another device): 8 to 128 characters of any kind, or what the tenant asks for; " +
      "not a common one, not the address or the name.",
  })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "The person's name, for showing; at most 200 characters." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Another name for logging in: 3 to 32 letters, digits, or any of _ . -",
  })
  username?: string | null;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the tokens are delivered, as for `login`.",
  })
  transport!: TokenTransport;

  @Field(() => String, { nullable: true, description: "As LoginInput.deviceToken." })
  deviceToken?: string | null;
}

@InputType({ description: "The proof of a new address." })
export class ConfirmEmailChangeInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@ObjectType({ description: "The new address is verified." })
export class ConfirmEmailChangePayload {
  @Field(() => EmailAddress, { description: "The address that the account has now." })
  email!: string;
}

@Directive("@oneOf")
@InputType({
  description:
    "What shows that the account is the caller's, something that was there before the change of address: exactly one of these.",
})
export class UndoEmailChangeProof {
  @Field(() => String, {
    nullable: true,
    description: "The password of that time, though it may have been changed since.",
  })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "A code from an authenticator app that was on then." })
  totpCode?: string | null;

  @Field(() => PasskeyAssertionInput, {
    nullable: true,
    description: "A passkey from then, by the options of startPasskeyLogin without a challenge.",
  })
  passkey?: PasskeyAssertionInput | null;

  @Field(() => String, {
    nullable: true,
    description: "The secret this client was given as LoginSuccess.deviceToken (browsers: a cookie does it).",
  })
  deviceToken?: string | null;
}

@ObjectType({ description: "The change of address is undone." })
export class UndoEmailChangePayload {
  @Field(() => EmailAddress, { description: "The address that the account has again." })
  email!: string;
}

@InputType({ description: "The change of address to undo, and an older credential." })
export class UndoEmailChangeInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => UndoEmailChangeProof, {
    nullable: true,
    description: "A credential from before the change, if this is not a device from before it.",
  })
  proof?: UndoEmailChangeProof | null;
}

@InputType({ description: "The change of address to keep." })
export class KeepEmailChangeInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    nullable: true,
    description: "The secret this client was given as LoginSuccess.deviceToken (browsers: a cookie does it).",
  })
  deviceToken?: string | null;
}

@ObjectType({ description: "The link can no longer undo the change." })
export class KeepEmailChangePayload {
  @Field(() => EmailAddress, { description: "The address that the account has now." })
  email!: string;
}
