export { identifierKeys } from "./login.limits.ts";
export { LoginResolver } from "./login.resolver.ts";
export { LoginService } from "./login.service.ts";
export { loginAttemptNodes } from "./login-attempts.node.ts";
export { deleteLoginAttempts, insertLoginAttempt, type LoginAttempt } from "./login-attempts.repository.ts";
export { LoginAttemptsResolver } from "./login-attempts.resolver.ts";
export { LoginAttemptsService } from "./login-attempts.service.ts";
