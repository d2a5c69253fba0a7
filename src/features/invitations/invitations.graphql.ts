import { Field, InputType } from "type-graphql";
import { RoleEnum } from "../../platform/schema/common.graphql.ts";
import { EmailAddress } from "../../platform/schema/scalars.ts";
import type { Role } from "../../shared/roles.ts";
import { type TokenTransport, TokenTransportEnum } from "../sessions/index.ts";

@InputType({ description: "Somebody who shall belong to the own tenant." })
export class InviteUserInput {
  @Field(() => EmailAddress, { description: "Where the invitation goes; the name for logging in." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The person's name, for showing; at most 200 characters." })
  name?: string | null;

  @Field(() => [RoleEnum], {
    defaultValue: ["USER"],
    description: "What the user will be allowed to do; USER is always added. Only an operator makes an operator.",
  })
  roles!: Role[];
}

@InputType({ description: "What somebody who was invited chooses." })
export class AcceptInvitationInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description:
      "8 to 128 characters of any kind, or what the tenant asks for; not a common one, not the own address or name.",
  })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: "Another name for logging in: 3 to 32 letters, digits, or any of _ . -",
  })
  username?: string | null;

  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the tokens are handed over, as for `login`.",
  })
  transport!: TokenTransport;

  @Field(() => String, {
    nullable: true,
    description: "What to call this device in the list of sessions; without it the User-Agent tells.",
  })
  deviceName?: string | null;
}
