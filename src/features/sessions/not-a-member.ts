import { AppError } from "#shared/errors";

/** The user has no active membership in the requested tenant. */
export const notAMember = (): AppError => new AppError("FORBIDDEN", { reason: "NOT_A_MEMBER" });
