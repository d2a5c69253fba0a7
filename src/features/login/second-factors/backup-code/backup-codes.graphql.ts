import { Field, ObjectType } from "type-graphql";
import { UserPayload } from "#features/users/index";

@ObjectType({ description: "New backup codes. Earlier codes no longer work." })
export class RegenerateBackupCodesPayload extends UserPayload {
  @Field(() => [String], {
    description: "Ten codes, each valid for one login. They are shown only once, so ask the user to store them.",
  })
  backupCodes!: string[];
}
