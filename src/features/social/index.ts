export { AddressProofs } from "./address-proofs.service.ts";
export { socialFeature } from "./feature.ts";
export type { IdentityProvider, ProviderIdentity, Visit } from "./providers/provider.ts";
export { SocialAccountsService } from "./social-accounts.service.ts";
export { socialAccounts } from "./social-accounts.table.ts";
export { isLinkedSince, putBackSocialAccount, takeSocialAccountsSince } from "./social-accounts-aside.repository.ts";
export { SocialAdmission } from "./social-admission.ts";
export { SocialLoginService } from "./social-login.service.ts";
export { SocialVisits } from "./social-visits.service.ts";
