import type { PolicyOfTenantFragment } from "./policy.documents.ts";

export type Policy = PolicyOfTenantFragment["policy"];

/** The settings that differ. Only these are sent, so that two admins who change different settings do not undo each other's. */
export const changesOf = (current: Policy, edited: Policy): Partial<Policy> =>
  Object.fromEntries(
    Object.entries(edited).filter(([name, value]) => name !== "__typename" && value !== current[name as keyof Policy]),
  );
