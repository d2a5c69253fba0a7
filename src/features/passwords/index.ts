export { passwordsFeature } from "./feature.ts";
export {
  PASSWORD_RESET_REQUEST,
  PasswordResetService,
} from "./password-reset.service.ts";
export { PasswordSchemes, SURVEY_PASSWORD_SCHEMES } from "./password-schemes.service.ts";
export { passwordReset } from "./passwords.hooks.ts";
export { findPassword, type PasswordRow, updatePasswordHash } from "./passwords.repository.ts";
export { PasswordsService } from "./passwords.service.ts";
export { passwords } from "./passwords.table.ts";
export { putBackPassword, takePasswordSince } from "./passwords-aside.repository.ts";
