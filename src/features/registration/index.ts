export { RegistrationResolver } from "./registration.resolver.ts";
export {
  RESEND_VERIFICATION,
  type RegistrationRequest,
  RegistrationService,
  type RegistrationServiceDeps,
} from "./registration.service.ts";
