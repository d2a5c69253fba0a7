import { defineFeature } from "#platform/feature";
import { SuspiciousAddresses } from "./suspicious-addresses.service.ts";

/** Assesses the risk of a login. */
export const riskFeature = defineFeature({
  name: "risk",
  services: ({ db, clock }) => ({ suspiciousAddresses: new SuspiciousAddresses({ db, clock }) }),
  jobs: ({ suspiciousAddresses }) => ({
    recurring: { "sweep-suspicious-addresses": { crontab: "47 2 * * *", run: () => suspiciousAddresses.sweep() } },
  }),
});
