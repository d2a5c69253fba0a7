import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from "graphql";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { countedNetworksOf } from "#platform/ip-address";
import { digest } from "#platform/limits/digest";
import type { Limit, Limits } from "#platform/limits/limits";
import type { Logger } from "#platform/logging";
import type { RateLimitKey } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { hasPermission } from "#shared/access-policy";
import { canonicalEmail } from "#shared/emails";
import { AppError, badInput } from "#shared/errors";
import { validateText } from "#shared/text";
import { isElevated, type Viewer } from "#shared/viewer";
import { type AccessRules, type RootField, rulesOf } from "./access-rules.ts";
import { listedErrors, logUndeclared } from "./declared-errors.ts";
import type { AccessDirectives } from "./directives.ts";
import { logRefusal } from "./refusal-log.ts";

export interface AccessDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Pick<Logger, "error" | "warn">;
  /** Called for each resolved root field, for the metrics. */
  readonly observe: (field: string, seconds: number, error: unknown) => void;
}

/**
 * Enforces the access rules before every field of Query, Mutation and Subscription, and before fields of other types that carry
 * @auth. Denies by default: a root field without @public requires a signed-in caller, so a field that a developer forgets to mark
 * is not public.
 */
export const enforceAccess = (schema: GraphQLSchema, directives: AccessDirectives, deps: AccessDeps): void => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields()) as RootField[]) {
      if (roots.includes(type)) guard(type, field, directives, deps);
      else if (rulesOf(field, directives).isMarked) guardNested(field, directives);
    }
  }
};

/**
 * Guards a field of an object whose root field has admitted the caller. The service checks whether the object belongs to the
 * caller's tenant.
 */
const guardNested = (field: RootField, directives: AccessDirectives): void => {
  const { resolve = defaultFieldResolver } = field;
  const rules = rulesOf(field, directives);
  field.resolve = (source, args, context, info) => {
    if (!context.viewer) throw new AppError("UNAUTHENTICATED");
    requireRights(context.viewer, rules);
    return resolve(source, args, context, info);
  };
};

const guard = (root: GraphQLObjectType, field: RootField, directives: AccessDirectives, deps: AccessDeps): void => {
  const { resolve, subscribe } = field;
  if (!resolve) throw new Error(`${root.name}.${field.name} has no resolver.`);
  const rules = rulesOf(field, directives);
  const name = `${root.name}.${field.name}`;
  // The fields of a mutation run one after another, and an earlier one may have ended the session.
  const again = root.name === "Mutation";
  const listed = root.name === "Mutation" ? listedErrors(field, rules) : null;

  const guarded =
    (inner: NonNullable<typeof resolve>): GraphQLFieldResolver<unknown, RequestContext> =>
    async (source, args, context, info) => {
      const started = performance.now();
      try {
        if (!rules.public) context.viewer = await authorize(rules, args, context, again, deps);
        const faults = validateText(args);
        if (faults.length > 0) throw badInput(...faults);
        if (rules.rateLimit) await countCall(name, rules.rateLimit, args, context, deps);
        const result: unknown = await inner(source, args, context, info);
        deps.observe(name, (performance.now() - started) / 1_000, null);
        return result;
      } catch (error) {
        deps.observe(name, (performance.now() - started) / 1_000, error);
        logRefusal(deps.log, { field: name, error, context });
        if (listed) logUndeclared(deps.log, { field: name, listed, error, context });
        throw error;
      }
    };
  if (root.name === "Subscription") {
    if (!subscribe) throw new Error(`${name} has no feed.`);
    field.subscribe = guarded(subscribe);
    field.resolve = guardedEvent(rules, resolve, deps);
  } else field.resolve = guarded(resolve);
};

/**
 * Guards each event of a feed: since the subscription started, the session may have ended or the roles may have changed. The rate
 * limit applied only to the subscription call.
 */
const guardedEvent =
  (
    rules: AccessRules,
    inner: GraphQLFieldResolver<unknown, RequestContext>,
    deps: AccessDeps,
  ): GraphQLFieldResolver<unknown, RequestContext> =>
  async (source, args, context, info) => {
    if (!rules.public) context.viewer = await authorize(rules, args, context, true, deps);
    return inner(source, args, context, info);
  };

const authorize = async (
  rules: AccessRules,
  args: Readonly<Record<string, unknown>>,
  context: RequestContext,
  again: boolean,
  { clock }: AccessDeps,
): Promise<Viewer> => {
  const viewer = await context.authenticate({ again });
  // Set before the checks, so that refused calls are logged with the user.
  context.viewer = viewer;
  requireRights(viewer, rules);
  if (rules.reauth && !isElevated(viewer, clock.now()) && !(rules.reauth.orTicket && mayEnrol(viewer, args)))
    throw new AppError("REAUTHENTICATION_REQUIRED");
  return viewer;
};

const requireRights = (viewer: Viewer, rules: AccessRules): void => {
  if (viewer.enrolmentOnly && !rules.enrols) throw new AppError("FORBIDDEN", { reason: "ENROLMENT_REQUIRED" });
  if (!isAuthorized(viewer, rules)) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
};

const isAuthorized = (viewer: Viewer, { operator, permission }: AccessRules): boolean => {
  if (operator) return viewer.isOperator;
  return permission === null || hasPermission(viewer, permission);
};

/** Whether the call does not need an elevated token. The service verifies the ticket, because verifying consumes it. */
const mayEnrol = ({ enrolmentOnly }: Viewer, { input }: Readonly<Record<string, unknown>>): boolean =>
  enrolmentOnly || typeof (input as { enrolmentTicket?: unknown } | undefined)?.enrolmentTicket === "string";

const countCall = async (
  field: string,
  { limit, window, per }: NonNullable<AccessRules["rateLimit"]>,
  args: Readonly<Record<string, unknown>>,
  context: RequestContext,
  { db, limits }: AccessDeps,
): Promise<void> => {
  const counted = per.flatMap((key): Limit[] => {
    return KEYS[key](args, context).map(({ value, factor }) => ({
      key: `field:${field}:${key}:${digest(value)}`,
      limit: limit * factor,
      window,
    }));
  });
  const { exceeded, retryAfter } = await limits.consume(db, counted);
  if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
};

/** The values a call is counted by, each with a multiple of the directive's limit. */
type KeyOf = (
  args: Readonly<Record<string, unknown>>,
  context: RequestContext,
) => readonly { readonly value: string; readonly factor: number }[];

const once = (value: string | null) => (value === null ? [] : [{ value, factor: 1 }]);

const KEYS: Readonly<Record<RateLimitKey, KeyOf>> = {
  IP: (_, { client }) => countedNetworksOf(client.ipAddress).map(({ network, factor }) => ({ value: network, factor })),
  IDENTIFIER: (args) => once(textOf(args, "identifier") ?? textOf(args, "email") ?? textOf(args, "adminEmail")),
  USER: (_, { viewer }) => once(viewer?.userId ?? null),
  CHALLENGE: (args) => once(textOf(args, "challenge")),
};

/** Longer than any e-mail address. */
const MAX_KEY_LENGTH = 512;

/** The field of that name in `input`, or the argument of a subscription; normalized, and short enough for a key. */
const textOf = (args: Readonly<Record<string, unknown>>, name: string): string | null => {
  const input = args.input as Readonly<Record<string, unknown>> | null | undefined;
  const value = args[name] ?? input?.[name];
  return typeof value === "string" ? canonicalEmail(value.slice(0, MAX_KEY_LENGTH)) : null;
};
