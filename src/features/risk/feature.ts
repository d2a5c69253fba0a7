import { defineFeature } from "#platform/feature";
import { DeniedNetworks } from "./denied-networks.service.ts";

/** Assesses the risk of a login. */
export const riskFeature = defineFeature({
  name: "risk",
  services: ({ db, clock }) => ({ deniedNetworks: new DeniedNetworks({ db, clock }) }),
  jobs: ({ deniedNetworks }) => ({
    recurring: { "sweep-suspicious-addresses": { crontab: "47 2 * * *", run: () => deniedNetworks.sweep() } },
  }),
});
