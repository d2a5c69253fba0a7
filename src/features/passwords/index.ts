export {
  PASSWORD_RESET_REQUEST,
  PasswordResetService,
  type PasswordResetServiceOptions,
} from "./password-reset.service.ts";
export { findPassword, type PasswordRow, updatePasswordHash } from "./passwords.repository.ts";
export { PasswordsResolver } from "./passwords.resolver.ts";
export { type PasswordOwner, PasswordsService, type PasswordsServiceOptions } from "./passwords.service.ts";
