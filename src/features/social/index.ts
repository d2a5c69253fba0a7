export { AccountLinkingService } from "./account-linking.service.ts";
export { AddressProofs } from "./address-proofs.service.ts";
export { AuthorizationRequestsService } from "./authorization-requests.service.ts";
export { socialFeature } from "./feature.ts";
export type { AuthorizationRequest, IdentityProvider, ProviderIdentity } from "./providers/provider.ts";
export { SocialAccountsService } from "./social-accounts.service.ts";
export { socialAccounts } from "./social-accounts.table.ts";
export { isLinkedSince, moveSocialAccountsAside, putBackSocialAccount } from "./social-accounts-aside.repository.ts";
export { SocialLoginService } from "./social-login.service.ts";
