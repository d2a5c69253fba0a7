import type { HeldMembership, HeldRole } from "#shared/memberships";
import { ALL_PERMISSIONS, OPERATOR_PERMISSION, PERMISSIONS } from "#shared/permissions";

/** The content of an access token for a membership, and what a viewer may do in its tenant. */
export interface Access {
  /** The names of the roles. */
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** The most permissions of other services that can be declared. More would not fit into an access token. */
export const MAX_DECLARED = 500;

/** The maximum length of the catalogue, for the cost of an operation. */
export const MAX_PERMISSIONS = ALL_PERMISSIONS.length + MAX_DECLARED;

export interface DescribedPermission {
  readonly name: string;
  /** Null for a permission of another service. */
  readonly description: string | null;
  readonly isBuiltIn: boolean;
}

/** All permissions that roles can have: the built-in ones, and those of other services declared by the operator (setting PERMISSIONS). */
export class PermissionCatalogue {
  /** In the order of tokens. */
  readonly all: readonly string[];

  constructor({ declared }: { readonly declared: readonly string[] }) {
    this.all = [...new Set<string>([...ALL_PERMISSIONS, ...declared])];
  }

  /** The same, each with what it allows. */
  get described(): readonly DescribedPermission[] {
    const descriptions: Readonly<Record<string, string>> = PERMISSIONS;
    return this.all.map((name) => {
      const description = descriptions[name] ?? null;
      return { name, description, isBuiltIn: description !== null };
    });
  }

  /** The combined permissions of these roles. A permission that is no longer declared has no effect. */
  of(roles: readonly Pick<HeldRole, "builtIn" | "permissions">[]): readonly string[] {
    if (roles.some(({ builtIn }) => builtIn === "ADMIN")) return this.all;
    const held = new Set(roles.flatMap(({ builtIn, permissions }) => (builtIn === null ? permissions : [])));
    return this.all.filter((permission) => held.has(permission));
  }

  /** The roles and permissions in a token for this membership. */
  accessOf({ roles }: Pick<HeldMembership, "roles">, { isOperator }: { readonly isOperator: boolean }): Access {
    const permissions = this.of(roles);
    return {
      roles: roles.map(({ name }) => name),
      permissions: isOperator ? [...permissions, OPERATOR_PERMISSION] : permissions,
    };
  }
}
