import { AccountResolver } from "#features/account/index";
import { AdministrationResolver, DirectoryResolver, TenantSuspensionResolver } from "#features/administration/index";
import { SecurityEventSubscription, SecurityEventsResolver } from "#features/audit/index";
import { DevicesResolver, KnownDevicesResolver, UserDevicesResolver } from "#features/devices/index";
import { SuspendedChangesResolver } from "#features/incidents/index";
import { InvitationsResolver } from "#features/invitations/index";
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
} from "#features/login/index";
import { OnboardingResolver } from "#features/onboarding/index";
import { PasswordsResolver } from "#features/passwords/index";
import { ApprovalsResolver, RegistrationResolver } from "#features/registration/index";
import { SapResolver } from "#features/sap/index";
import { SessionsResolver, UserSessionsResolver } from "#features/sessions/index";
import { SocialResolver, UserSocialAccountsResolver } from "#features/social/index";
import { TenantsResolver } from "#features/tenants/index";
import { SecurityEventUserResolver, UsersResolver } from "#features/users/index";

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
