import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "A code was mailed." })
export class SendReauthenticationCodePayload {
  @Field(() => String, { description: "The masked address to which the code was sent: ad***@acme.com." })
  sentTo!: string;
}
