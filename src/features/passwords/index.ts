export { passwordsFeature } from "./feature.ts";
export { RESET_PASSWORD_LINK } from "./link-purposes.ts";
export { TOKEN_STATUS } from "./pages/reset-password.ts";
export { PasswordSchemes } from "./password-schemes.service.ts";
export { passwordReset } from "./passwords.hooks.ts";
export { findPassword, type PasswordRow, updatePasswordHash } from "./passwords.repository.ts";
export { PasswordsService } from "./passwords.service.ts";
export { passwords } from "./passwords.table.ts";
export { movePasswordAside, putBackPassword } from "./passwords-aside.repository.ts";
