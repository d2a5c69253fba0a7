export { ActivationService } from "./activation.service.ts";
export { onboardingFeature } from "./feature.ts";
export { OnboardingService } from "./onboarding.service.ts";
