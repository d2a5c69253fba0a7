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

  @Field(() => String, { description: "What its owner calls it." })
  name!: string;

  @Field(() => DateTime, { description: "When it was registered." })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it was last used; null where never since." })
  lastUsedAt!: Date | null;

  @Field(() => Int, { description: "How often it was used." })
  useCount!: number;

  @Field(() => Boolean, {
    description: "Whether a copy of it is kept elsewhere (a synchronised passkey), so that it outlives its device.",
  })
  backedUp!: boolean;
}

@InputType({ description: "What stands in for a step-up." })
export class StartPasskeyRegistrationInput extends EnrolmentTicketInput {}

@ObjectType({ description: "What a browser makes a passkey from." })
export class StartPasskeyRegistrationPayload {
  @Field(() => String, { description: "To give to finishPasskeyRegistration; good for 5 minutes, on this session." })
  challenge!: string;

  @Field(() => JSONObject, {
    description:
      "For navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) }).",
  })
  publicKey!: object;
}

@InputType({ description: "The passkey that a browser made." })
export class FinishPasskeyRegistrationInput {
  @Field(() => String, { description: "StartPasskeyRegistrationPayload.challenge." })
  challenge!: string;

  @Field(() => JSONObject, { description: "What `credential.toJSON()` gives." })
  response!: object;

  @Field(() => String, {
    nullable: true,
    description: "What to call it, at most 60 characters. Without one: what the device is called.",
  })
  name?: string | null;
}

@ObjectType({ description: "The passkey, and its user with the new second factor." })
export class FinishPasskeyRegistrationPayload extends UserPayload {
  @Field(() => PasskeyType, { description: "The passkey that was added." })
  passkey!: Passkey;
}

@InputType({ description: "Another name for a passkey." })
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

@ObjectType({ description: "The passkey is gone." })
export class RemovePasskeyPayload extends UserPayload {
  @Field(() => ID, { description: "The id of the passkey that was removed." })
  deletedPasskeyId!: PasskeyId;
}
