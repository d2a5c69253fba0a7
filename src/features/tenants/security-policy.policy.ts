import type { FieldError } from "#shared/errors";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from "#shared/password-text";
import type { SecurityPolicy } from "./tenants.policy.ts";

/** The requested changes of a policy. Absent and null leave a setting unchanged, except that null for `maxSessions` removes the limit. */
export type PolicyUpdate = { readonly [Setting in keyof SecurityPolicy]?: SecurityPolicy[Setting] | null | undefined };

/** Minimum and maximum, in the order of the API. Keep them in sync with the bounds in the API's descriptions. */
const BOUNDS = {
  maxSessions: [1, 100],
  passwordMinLength: [MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH],
  // Risk scores rarely exceed 100; a threshold of 200 is never reached.
  confirmLoginAtRisk: [0, 200],
  secondFactorAtRisk: [0, 200],
} as const;

/** Returns the policy after the change. */
export const updatePolicy = (policy: SecurityPolicy, update: PolicyUpdate): SecurityPolicy => ({
  registration: update.registration ?? policy.registration,
  maxSessions: update.maxSessions === undefined ? policy.maxSessions : update.maxSessions,
  passwordChangeEnds: update.passwordChangeEnds ?? policy.passwordChangeEnds,
  passwordMinLength: update.passwordMinLength ?? policy.passwordMinLength,
  secondFactor: update.secondFactor ?? policy.secondFactor,
  confirmLoginAtRisk: update.confirmLoginAtRisk ?? policy.confirmLoginAtRisk,
  secondFactorAtRisk: update.secondFactorAtRisk ?? policy.secondFactorAtRisk,
});

/** Returns the faults of a change to the current policy, setting by setting. `at` is the argument with the change. */
export const validatePolicy = (policy: SecurityPolicy, update: PolicyUpdate, at = "input"): readonly FieldError[] => [
  ...Object.entries(BOUNDS).flatMap(([setting, [least, most]]) => {
    const wanted = update[setting as keyof typeof BOUNDS] ?? least;
    return wanted < least || wanted > most ? [fault(`${at}.${setting}`, `Use ${least} to ${most}.`)] : [];
  }),
  ...validateThresholds(updatePolicy(policy, update), update, at),
];

/** A login that needs a second factor needs no confirmation by mail, so that threshold must not exceed the other. */
const validateThresholds = (
  { confirmLoginAtRisk, secondFactorAtRisk }: SecurityPolicy,
  update: PolicyUpdate,
  at: string,
): readonly FieldError[] => {
  if (confirmLoginAtRisk <= secondFactorAtRisk) return [];
  return [
    ...(update.confirmLoginAtRisk == null
      ? []
      : [fault(`${at}.confirmLoginAtRisk`, `Use at most secondFactorAtRisk (${secondFactorAtRisk}).`)]),
    ...(update.secondFactorAtRisk == null
      ? []
      : [fault(`${at}.secondFactorAtRisk`, `Use at least confirmLoginAtRisk (${confirmLoginAtRisk}).`)]),
  ];
};

const fault = (path: string, message: string): FieldError => ({ path, message });

export type PolicyChanges = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

/** Returns the differences, for the security history. */
export const policyChanges = (from: SecurityPolicy, to: SecurityPolicy): PolicyChanges =>
  Object.fromEntries(
    (Object.keys(to) as (keyof SecurityPolicy)[])
      .filter((setting) => from[setting] !== to[setting])
      .map((setting) => [setting, { from: from[setting], to: to[setting] }]),
  );
