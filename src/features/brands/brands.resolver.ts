import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { AuthSettings } from "#features/login/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RateLimit, Reauth, RequiresPermission } from "#platform/schema/access";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { Url } from "#platform/schema/scalars";
import { BrandType, UpdateTenantBrandInput, UpdateTenantBrandPayload } from "./brands.graphql.ts";
import type { Brand } from "./brands.policy.ts";
import { logoPath } from "./brands.routes.ts";
import type { BrandsService } from "./brands.service.ts";

interface Deps {
  readonly brands: BrandsService;
  readonly config: { readonly publicUrl: string };
}

/** A brand with the tenant that it belongs to. */
interface BrandOf extends Brand {
  readonly tenantId: Tenant["id"];
}

const load = async (brands: BrandsService, { id }: Tenant, { loaders }: RequestContext): Promise<BrandOf | null> => {
  const brand = await loaders.of(brands.ofTenants).load(id);
  return brand && { ...brand, tenantId: id };
};

@Resolver(() => TenantType)
export class TenantBrandResolver {
  constructor(private readonly deps: Deps) {}

  @FieldResolver(() => BrandType, { description: "How login pages present the tenant." })
  brand(@Root() tenant: Tenant, @Ctx() context: RequestContext): Promise<BrandOf | null> {
    return load(this.deps.brands, tenant, context);
  }

  @RequiresPermission("policy:edit")
  // Otherwise a stolen token could dress the login page as that of another company.
  @Reauth()
  @RateLimit({ limit: 60, window: 3600, per: ["USER"] })
  @Fails("NOT_FOUND")
  @Mutation(() => UpdateTenantBrandPayload, {
    description:
      "Changes the name, colour and logo with which login pages present the caller's tenant. Operators may change those of any tenant.",
  })
  async updateTenantBrand(
    @Arg("input", () => UpdateTenantBrandInput, { description: "The changes." })
    { tenantId, ...update }: UpdateTenantBrandInput,
    @Ctx() actor: SignedIn,
  ): Promise<UpdateTenantBrandPayload> {
    return { tenant: await this.deps.brands.update(actor, update, tenantId) };
  }
}

@Resolver(() => AuthSettings)
export class AuthSettingsBrandResolver {
  constructor(private readonly deps: Deps) {}

  @FieldResolver(() => String, { description: "The name of the tenant." })
  tenantName(@Root() { name }: Tenant): string {
    return name;
  }

  @FieldResolver(() => BrandType, { description: "How to present the tenant." })
  brand(@Root() tenant: Tenant, @Ctx() context: RequestContext): Promise<BrandOf | null> {
    return load(this.deps.brands, tenant, context);
  }
}

@Resolver(() => BrandType)
export class BrandResolver {
  constructor(private readonly deps: Deps) {}

  @FieldResolver(() => Url, {
    nullable: true,
    description: "The logo, a PNG or WebP image, for an image element. Its content never changes. Null if not set.",
  })
  logoUrl(@Root() { tenantId, logoHash }: BrandOf): string | null {
    return logoHash && `${this.deps.config.publicUrl}${logoPath(tenantId, logoHash)}`;
  }
}
