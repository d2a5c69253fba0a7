import { AppError } from "#shared/errors";
import type { RelyingParty } from "#shared/relying-party";

/** Throws BAD_REQUEST where the settings allow no passkeys. */
export const requireRelyingParty = (relyingParty: RelyingParty | null): RelyingParty => {
  if (!relyingParty) throw new AppError("BAD_REQUEST", { message: "There are no passkeys here." });
  return relyingParty;
};
