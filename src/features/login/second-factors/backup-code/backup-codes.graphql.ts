import { Field, ObjectType } from "type-graphql";
import { UserPayload } from "#features/users/index";

@ObjectType({ description: "New backup codes. The ones before them no longer work." })
export class RegenerateBackupCodesPayload extends UserPayload {
  @Field(() => [String], {
    description: "Ten codes, each good for one login. They are shown now and never again: have the user keep them.",
  })
  backupCodes!: string[];
}
