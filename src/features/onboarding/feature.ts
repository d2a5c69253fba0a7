import { tenantActivated } from "#features/account/index";
import { auditFeature } from "#features/audit/index";
import { passwordsFeature } from "#features/passwords/index";
import { registrationFeature } from "#features/registration/index";
import { sapFeature } from "#features/sap/index";
import { defineFeature } from "#platform/feature";
import { ActivationService } from "./activation.service.ts";
import { OnboardingResolver } from "./onboarding.resolver.ts";
import { OnboardingService } from "./onboarding.service.ts";

/** Onboards a new tenant with its first admin. */
export const onboardingFeature = defineFeature({
  name: "onboarding",
  uses: [auditFeature, passwordsFeature, registrationFeature, sapFeature],
  services: (deps) => ({
    activation: new ActivationService(deps),
    onboarding: new OnboardingService({ ...deps, revealTakenEmail: deps.config.revealTakenEmail }),
  }),
  resolvers: (deps) => [new OnboardingResolver(deps)],
  jobs: ({ activation }) => ({
    recurring: { "sweep-tenants": { crontab: "13 2 * * *", run: () => activation.sweep() } },
  }),
  hooks: ({ activation }, on) => on(tenantActivated, (tx, { tenantId }) => activation.activate(tx, tenantId)),
});
