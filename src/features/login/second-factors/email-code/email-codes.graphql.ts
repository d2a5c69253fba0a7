import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "A code was mailed." })
export class SendReauthenticationCodePayload {
  @Field(() => String, { description: "Where the code was sent, masked: ad***@acme.com." })
  sentTo!: string;
}
