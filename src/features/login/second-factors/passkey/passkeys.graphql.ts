import { Field, InputType, Int, ObjectType } from "type-graphql";
import { Node } from "#platform/schema/node";
import { DateTime, JSONObject } from "#platform/schema/scalars";
import type { TenantId, UserId } from "#shared/ids";

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

@ObjectType({ description: "What a browser makes a passkey from." })
export class PasskeyRegistrationOptions {
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
  @Field(() => String, { description: "PasskeyRegistrationOptions.challenge." })
  challenge!: string;

  @Field(() => JSONObject, { description: "What `credential.toJSON()` gives." })
  response!: object;

  @Field(() => String, {
    nullable: true,
    description: "What to call it, at most 60 characters. Without one: what the device is called.",
  })
  name?: string | null;
}
