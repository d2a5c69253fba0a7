export { loginAttemptNodes } from "./login-attempts.node.ts";
export { insertLoginAttempt, type LoginAttempt } from "./login-attempts.repository.ts";
export { LoginAttemptsResolver } from "./login-attempts.resolver.ts";
export { LoginAttemptsService } from "./login-attempts.service.ts";
export { loginAttempts } from "./login-attempts.table.ts";
