import { Field, ObjectType } from "type-graphql";
import { DateTime } from "../../../../platform/schema/scalars.ts";

@ObjectType({ description: "The wait has begun." })
export class FactorResetPayload {
  @Field(() => DateTime, {
    description:
      "When the second factors will be reset, unless the owner stops it. From then on log in again: a mailed code is asked for.",
  })
  dueAt!: Date;
}
