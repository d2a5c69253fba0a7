import { AppError } from "#shared/errors";

/** The error for a change that would leave the tenant without an active admin. */
export const lastAdmin = (): AppError =>
  new AppError("CONFLICT", {
    reason: "LAST_ADMIN",
    message: "A tenant cannot be left without an active admin. Make another user an admin first.",
  });

/** The error for a change that would leave the installation without an active operator. */
export const lastOperator = (): AppError =>
  new AppError("CONFLICT", {
    reason: "LAST_OPERATOR",
    message: "The last operator must stay. Make another user an operator first.",
  });
