import { Field, ID, InputType, ObjectType } from "type-graphql";
import { FinishPasskeyLoginInput } from "#features/login/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
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

@InputType({ description: "Another address." })
export class ChangeEmailInput {
  @Field(() => EmailAddress, { description: "Where the link goes that proves it." })
  newEmail!: string;
}

@InputType({ description: "The end of the own account." })
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

@ObjectType({ description: "The new address is verified." })
export class ConfirmEmailChangePayload {
  @Field(() => EmailAddress, { description: "The address that the account has now." })
  email!: string;
}

@InputType({
  description: "What shows that the account is the caller's: something that was there before the change of address.",
})
export class UndoEmailChangeProof {
  @Field(() => String, {
    nullable: true,
    description: "The password of that time, though it may have been changed since.",
  })
  password?: string | null;

  @Field(() => String, { nullable: true, description: "A code from an authenticator app that was on then." })
  totpCode?: string | null;

  @Field(() => FinishPasskeyLoginInput, {
    nullable: true,
    description: "A passkey from then, by the options of startPasskeyLogin without a challenge.",
  })
  passkey?: FinishPasskeyLoginInput | null;

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
