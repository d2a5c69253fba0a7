export { ActivationService } from "./activation.service.ts";
export { OnboardingResolver } from "./onboarding.resolver.ts";
export { OnboardingService } from "./onboarding.service.ts";
