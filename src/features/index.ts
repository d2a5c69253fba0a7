import { AccountResolver } from "./account/index.ts";
import { AdministrationResolver, DirectoryResolver, TenantSuspensionResolver } from "./administration/index.ts";
import { SecurityEventSubscription, SecurityEventsResolver } from "./audit/index.ts";
import { DevicesResolver, KnownDevicesResolver, UserDevicesResolver } from "./devices/index.ts";
import { SuspendedChangesResolver } from "./incidents/index.ts";
import { InvitationsResolver } from "./invitations/index.ts";
import {
  AdminFactorResetsResolver,
  BackupCodesResolver,
  ConfirmationResolver,
  EmailCodesResolver,
  FactorResetsResolver,
  LoginAttemptsResolver,
  LoginProgressSubscription,
  LoginResolver,
  MfaResolver,
  PasskeysResolver,
  SecondFactorResolver,
  StepUpResolver,
  TotpResolver,
  UserPasskeysResolver,
} from "./login/index.ts";
import { OnboardingResolver } from "./onboarding/index.ts";
import { PasswordsResolver } from "./passwords/index.ts";
import { ApprovalsResolver, RegistrationResolver } from "./registration/index.ts";
import { SapResolver } from "./sap/index.ts";
import { SessionsResolver, UserSessionsResolver } from "./sessions/index.ts";
import { SocialResolver, UserSocialAccountsResolver } from "./social/index.ts";
import { TenantsResolver } from "./tenants/index.ts";
import { SecurityEventUserResolver, UsersResolver } from "./users/index.ts";

/** What the features add to the schema, in their order (order.ts). */
export const resolvers = [
  SecurityEventsResolver,
  SecurityEventSubscription,
  TenantsResolver,
  UsersResolver,
  SecurityEventUserResolver,
  DevicesResolver,
  KnownDevicesResolver,
  UserDevicesResolver,
  SessionsResolver,
  UserSessionsResolver,
  PasswordsResolver,
  RegistrationResolver,
  ApprovalsResolver,
  LoginResolver,
  SecondFactorResolver,
  ConfirmationResolver,
  LoginProgressSubscription,
  StepUpResolver,
  FactorResetsResolver,
  AdminFactorResetsResolver,
  MfaResolver,
  TotpResolver,
  BackupCodesResolver,
  EmailCodesResolver,
  PasskeysResolver,
  UserPasskeysResolver,
  LoginAttemptsResolver,
  AccountResolver,
  AdministrationResolver,
  DirectoryResolver,
  TenantSuspensionResolver,
  InvitationsResolver,
  SocialResolver,
  UserSocialAccountsResolver,
  SuspendedChangesResolver,
  SapResolver,
  OnboardingResolver,
] as const;
