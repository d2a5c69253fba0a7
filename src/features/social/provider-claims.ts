import { emailFaults, hasEmailForm, nameFaults } from "../users/index.ts";
import type { ProviderIdentity } from "./providers/provider.ts";

/** The address that the provider names, if it is one; whose it is, it does not tell. */
export const emailIn = ({ email }: Pick<ProviderIdentity, "email">): string | null => {
  const address = email?.trim() ?? "";
  return hasEmailForm(address) && emailFaults(address, "email").length === 0 ? address : null;
};

/** The address that the provider has verified to be this person's; null where there is none, or it is not said so. */
export const verifiedEmailIn = (identity: Pick<ProviderIdentity, "email" | "emailVerified">): string | null =>
  identity.emailVerified ? emailIn(identity) : null;

/** The person's name, if it may stand where names stand. */
export const nameIn = ({ name }: Pick<ProviderIdentity, "name">): string | null => {
  const text = name?.trim() ?? "";
  return text === "" || nameFaults(text, "name").length > 0 ? null : text;
};
