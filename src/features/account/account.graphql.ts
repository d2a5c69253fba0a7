import { Field, ID, InputType, ObjectType } from "type-graphql";
import { EmailAddress } from "../../platform/schema/scalars.ts";
import type { UserId } from "../../shared/ids.ts";

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

@ObjectType({ description: "The address is proved." })
export class VerifyEmailPayload {
  @Field(() => EmailAddress, { description: "The address that the account has now." })
  email!: string;
}

@ObjectType({ description: "The change of address is undone." })
export class UndoEmailChangePayload {
  @Field(() => EmailAddress, { description: "The address that the account has again." })
  email!: string;
}
