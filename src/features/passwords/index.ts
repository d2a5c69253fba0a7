export { LINK_PURPOSES, RESET_PASSWORD_LINK } from "./link-purposes.ts";
export { MAILS } from "./mails/index.ts";
export { PAGES } from "./pages/index.ts";
export { TOKEN_STATUS } from "./pages/reset-password.ts";
export {
  PASSWORD_RESET_REQUEST,
  PasswordResetService,
} from "./password-reset.service.ts";
export { PasswordSchemes, SURVEY_PASSWORD_SCHEMES } from "./password-schemes.service.ts";
export { findPassword, type PasswordRow, updatePasswordHash } from "./passwords.repository.ts";
export { PasswordsResolver } from "./passwords.resolver.ts";
export { PasswordsService } from "./passwords.service.ts";
export { passwords } from "./passwords.table.ts";
export { putBackPassword, takePasswordSince } from "./passwords-aside.repository.ts";
