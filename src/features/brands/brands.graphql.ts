import { Field, ID, InputType, ObjectType } from "type-graphql";
import { TenantPayload } from "#features/tenants/index";
import type { BrandUpdate } from "./brands.policy.ts";

@ObjectType("Brand", {
  description: "How login pages present a tenant. It is public. Mails do not use it.",
})
export class BrandType {
  @Field(() => String, {
    nullable: true,
    description:
      "The name to show. Null if not set: show the tenant's name, or the product's on pages of the default tenant.",
  })
  name!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The colour of buttons as `#rrggbb`, in lower case. Text on it in white or in black has a contrast of at least 4.5:1. Null if not set.",
  })
  color!: string | null;
}

@InputType({
  description: "The changes to the tenant's brand. Absent fields stay unchanged; null removes what was set.",
})
export class UpdateTenantBrandInput implements BrandUpdate {
  @Field(() => ID, {
    nullable: true,
    description: "The tenant whose brand will change; for operators only. If absent, the caller's tenant.",
  })
  tenantId?: string | null;

  @Field(() => String, { nullable: true, description: "The name to show; at most 64 characters, not a web address." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The colour of buttons: `#` and six hexadecimal digits. Almost white colours are refused.",
  })
  color?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The logo: a PNG or WebP image as a data URL (`data:image/png;base64,…`), at most 40 KB and 1024 pixels a side. SVG is refused.",
  })
  logo?: string | null;
}

@ObjectType({ description: "The tenant with the new brand." })
export class UpdateTenantBrandPayload extends TenantPayload {}
