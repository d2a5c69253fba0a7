import type { FieldFault } from "#shared/errors";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from "#shared/password-text";
import type { SecurityPolicy } from "./tenants.policy.ts";

/** What an admin wants of the policy. Absent leaves what is there; so does null, but for `maxSessions`: there it means none. */
export type PolicyWish = { readonly [Setting in keyof SecurityPolicy]?: SecurityPolicy[Setting] | null | undefined };

/** From and to, in the order in which clients see them; the bounds are those that the API's descriptions name. */
const BOUNDS = {
  maxSessions: [1, 100],
  passwordMinLength: [MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH],
  // Risk scores hardly pass 100; a threshold of 200 is never reached.
  confirmLoginAtRisk: [0, 200],
  secondFactorAtRisk: [0, 200],
} as const;

/** The policy as it would be. */
export const amendPolicy = (policy: SecurityPolicy, wish: PolicyWish): SecurityPolicy => ({
  registration: wish.registration ?? policy.registration,
  maxSessions: wish.maxSessions === undefined ? policy.maxSessions : wish.maxSessions,
  passwordChangeEnds: wish.passwordChangeEnds ?? policy.passwordChangeEnds,
  passwordMinLength: wish.passwordMinLength ?? policy.passwordMinLength,
  secondFactor: wish.secondFactor ?? policy.secondFactor,
  confirmLoginAtRisk: wish.confirmLoginAtRisk ?? policy.confirmLoginAtRisk,
  secondFactorAtRisk: wish.secondFactorAtRisk ?? policy.secondFactorAtRisk,
});

/** What is wrong with a wish, setting by setting, on the policy as it is. */
export const policyFaults = (policy: SecurityPolicy, wish: PolicyWish): readonly FieldFault[] => [
  ...Object.entries(BOUNDS).flatMap(([setting, [least, most]]) => {
    const wanted = wish[setting as keyof typeof BOUNDS] ?? least;
    return wanted < least || wanted > most ? [fault(setting, `Use ${least} to ${most}.`)] : [];
  }),
  ...thresholdFaults(amendPolicy(policy, wish), wish),
];

/** A login that needs a second factor needs no confirmation by mail: that threshold must not lie above the other. */
const thresholdFaults = (
  { confirmLoginAtRisk, secondFactorAtRisk }: SecurityPolicy,
  wish: PolicyWish,
): readonly FieldFault[] => {
  if (confirmLoginAtRisk <= secondFactorAtRisk) return [];
  return [
    ...(wish.confirmLoginAtRisk == null
      ? []
      : [fault("confirmLoginAtRisk", `Use at most secondFactorAtRisk (${secondFactorAtRisk}).`)]),
    ...(wish.secondFactorAtRisk == null
      ? []
      : [fault("secondFactorAtRisk", `Use at least confirmLoginAtRisk (${confirmLoginAtRisk}).`)]),
  ];
};

const fault = (setting: string, message: string): FieldFault => ({ path: `input.${setting}`, message });

export type PolicyChanges = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

/** What differs, for the security history. */
export const policyChanges = (from: SecurityPolicy, to: SecurityPolicy): PolicyChanges =>
  Object.fromEntries(
    (Object.keys(to) as (keyof SecurityPolicy)[])
      .filter((setting) => from[setting] !== to[setting])
      .map((setting) => [setting, { from: from[setting], to: to[setting] }]),
  );
