import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { UserPayload } from "#features/users/index";
import { Node } from "#platform/schema/node";
import { DateTime, JSONObject } from "#platform/schema/scalars";
import type { PasskeyId, TenantId, UserId } from "#shared/ids";
import { EnrolmentTicketInput } from "../../mfa/mfa.graphql.ts";
import type { Passkey } from "./passkeys.service.ts";

@ObjectType("Passkey", {
  implements: Node,
  description: "A passkey (WebAuthn credential). Visible with its user.",
})
export class PasskeyType extends Node {
  userId!: UserId;
  tenantId!: TenantId;

  @Field(() => String, { description: "The name given by its owner." })
  name!: string;

  @Field(() => DateTime, { description: "When it was registered." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it was last used; null if it was never used." })
  lastUsedAt!: Date | null;

  @Field(() => Int, { description: "The number of times it was used." })
  useCount!: number;

  @Field(() => Boolean, {
    description: "Whether it is backed up (a synchronised passkey), so that it survives the loss of its device.",
  })
  backedUp!: boolean;
}

@InputType({ description: "A ticket that can be used instead of a step-up." })
export class StartPasskeyRegistrationInput extends EnrolmentTicketInput {}

@ObjectType({ description: "The options for creating a passkey in the browser." })
export class StartPasskeyRegistrationPayload {
  @Field(() => String, { description: "Pass it to finishPasskeyRegistration; valid for 5 minutes, on this session." })
  challenge!: string;

  @Field(() => JSONObject, {
    description:
      "For navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) }).",
  })
  publicKey!: object;
}

@InputType({ description: "The passkey created by the browser." })
export class FinishPasskeyRegistrationInput {
  @Field(() => String, { description: "The challenge that `startPasskeyRegistration` returned." })
  challenge!: string;

  @Field(() => JSONObject, { description: "The result of `credential.toJSON()`." })
  response!: object;

  @Field(() => String, {
    nullable: true,
    description: "Its name, at most 60 characters. Defaults to the name of the device.",
  })
  name?: string | null;
}

@ObjectType({ description: "The passkey, and the caller's user with the new second factor." })
export class FinishPasskeyRegistrationPayload extends UserPayload {
  @Field(() => PasskeyType, { description: "The passkey that was added." })
  passkey!: Passkey;
}

@InputType({ description: "The new name of a passkey." })
export class UpdatePasskeyInput {
  @Field(() => ID, { description: "One of the caller's passkeys." })
  passkeyId!: string;

  @Field(() => String, { description: "1 to 60 characters." })
  name!: string;
}

@ObjectType({ description: "The passkey with its new name." })
export class UpdatePasskeyPayload {
  @Field(() => PasskeyType, { description: "The passkey after the change." })
  passkey!: Passkey;
}

@InputType({ description: "The passkey to remove." })
export class RemovePasskeyInput {
  @Field(() => ID, { description: "One of the caller's passkeys." })
  passkeyId!: string;
}

@ObjectType({ description: "The passkey was removed." })
export class RemovePasskeyPayload extends UserPayload {
  @Field(() => ID, { description: "The id of the passkey that was removed." })
  deletedPasskeyId!: PasskeyId;
}
