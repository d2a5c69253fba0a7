import type { HeldMembership, HeldRole } from "#shared/memberships";
import { ALL_PERMISSIONS, OPERATOR_PERMISSION } from "#shared/permissions";

/** What an access token says of a membership, and a viewer may do in its tenant. */
export interface Access {
  /** The names of the roles. */
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** All permissions that roles can have: ours, and those of other services that the operator declared (setting PERMISSIONS). */
export class PermissionCatalogue {
  /** In the order in which tokens name them. */
  readonly all: readonly string[];

  constructor({ declared }: { readonly declared: readonly string[] }) {
    this.all = [...new Set<string>([...ALL_PERMISSIONS, ...declared])];
  }

  /** The permissions of these roles together. One that is declared no longer gives nothing. */
  of(roles: readonly Pick<HeldRole, "builtIn" | "permissions">[]): readonly string[] {
    if (roles.some(({ builtIn }) => builtIn === "ADMIN")) return this.all;
    const held = new Set(roles.flatMap(({ builtIn, permissions }) => (builtIn === null ? permissions : [])));
    return this.all.filter((permission) => held.has(permission));
  }

  /** What a token for this membership says. */
  accessOf({ roles }: Pick<HeldMembership, "roles">, { isOperator }: { readonly isOperator: boolean }): Access {
    const permissions = this.of(roles);
    return {
      roles: roles.map(({ name }) => name),
      permissions: isOperator ? [...permissions, OPERATOR_PERMISSION] : permissions,
    };
  }
}
