import { defineFeature } from "#platform/feature";
import { SuspiciousIps } from "./suspicious-ips.service.ts";

/** Assesses the risk of a login. */
export const riskFeature = defineFeature({
  name: "risk",
  services: ({ db, clock }) => ({ suspiciousIps: new SuspiciousIps({ db, clock }) }),
  jobs: ({ suspiciousIps }) => ({
    recurring: { "sweep-suspicious-addresses": { crontab: "47 2 * * *", run: () => suspiciousIps.sweep() } },
  }),
});
