export { RegistrationResolver } from "./registration.resolver.ts";
export {
  RESEND_VERIFICATION,
  RegistrationService,
} from "./registration.service.ts";
