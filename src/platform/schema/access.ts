// type-graphql stores its decorators' data there, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { Directive, Extensions } from "type-graphql";
import type { Permission } from "#shared/permissions";

/**
 * The access rules of root fields. Without any of these decorators, a field requires a signed-in caller: the schema is closed by
 * default. Features mark their fields with these decorators; graphql/access.ts declares the directives and enforces them.
 */

/** Callable without a signed-in caller. */
export const Public = () => Directive("@public");

/**
 * The caller's session is active and the caller holds this permission in the tenant of the access token. Operators hold all. Also
 * for fields of other types, such as Tenant.members, whose service compares the tenant. Such a field is nullable, so that the
 * rest of the response remains.
 */
export const RequiresPermission = (permission: Permission) => Directive(`@auth(permission: "${permission}")`);

/** The caller administers the installation. */
export const RequiresOperator = () => Directive("@auth(operator: true)");

/**
 * The caller's access token is elevated: `reauthenticate` returned it within the last ten minutes. With `orTicket`, a call with
 * an `enrolmentTicket` is passed to the service, which verifies the ticket.
 */
export const Reauth = ({ orTicket = false }: { readonly orTicket?: boolean } = {}) =>
  Directive(orTicket ? "@reauth(orTicket: true)" : "@reauth");

export type RateLimitKey = "IP" | "IDENTIFIER" | "USER" | "CHALLENGE";

export interface RateLimitRule {
  readonly limit: number;
  /** In seconds. */
  readonly window: number;
  readonly per?: readonly RateLimitKey[];
}

/** At most `limit` calls in `window` seconds for each key, counted per resolver call: aliases count too. */
export const RateLimit = ({ limit, window, per }: RateLimitRule) =>
  Directive(`@rateLimit(limit: ${limit}, window: ${window}${per ? `, per: [${per.join(", ")}]` : ""})`);

/** The field is part of the enrolment of a second factor: a session that is only for enrolment may call it. */
export const Enrols = () => Extensions({ enrols: true });

/** The field verifies a credential or a link: an operation may contain only one such field, so that guesses cannot be batched. */
export const CredentialMutation = () => Extensions({ provesCredential: true });
