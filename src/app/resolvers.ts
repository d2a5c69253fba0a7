import type { ClassType } from "type-graphql";
import { AccountResolver } from "#features/account/index";
import { AdministrationResolver, DirectoryResolver, TenantSuspensionResolver } from "#features/administration/index";
import { SecurityEventSubscription, SecurityEventsResolver, securityEventNodes } from "#features/audit/index";
import { DevicesResolver, KnownDevicesResolver, knownDeviceNodes, UserDevicesResolver } from "#features/devices/index";
import { SuspendedChangesResolver } from "#features/incidents/index";
import { InvitationsResolver, invitationNodes } from "#features/invitations/index";
import {
  AdminFactorResetsResolver,
  BackupCodesResolver,
  ConfirmationResolver,
  EmailCodesResolver,
  FactorResetsResolver,
  factorResetNodes,
  LoginAttemptsResolver,
  LoginProgressSubscription,
  LoginResolver,
  loginAttemptNodes,
  MfaResolver,
  PasskeysResolver,
  passkeyNodes,
  SecondFactorResolver,
  StepUpResolver,
  TotpResolver,
  UserPasskeysResolver,
} from "#features/login/index";
import { OnboardingResolver } from "#features/onboarding/index";
import { PasswordsResolver } from "#features/passwords/index";
import { ApprovalsResolver, approvalNodes, RegistrationResolver } from "#features/registration/index";
import { SapResolver } from "#features/sap/index";
import { SessionsResolver, sessionNodes, UserSessionsResolver } from "#features/sessions/index";
import { SocialResolver, UserSocialAccountsResolver } from "#features/social/index";
import { TenantsResolver, tenantNodes } from "#features/tenants/index";
import { SecurityEventUserResolver, UsersResolver, userNodes } from "#features/users/index";
import { FederationResolver } from "#graphql/federation.resolver";
import { NodeResolver } from "#graphql/node.resolver";
import { printServedSchema, type ResolverInstances } from "#graphql/schema";
import type { Config } from "./config.ts";
import type { Services } from "./services.ts";

/** The one instance of each resolver class, with the services it calls. */
export const buildResolvers = (
  services: Services,
  { introspection }: Pick<Config, "introspection">,
): ResolverInstances => {
  const entities = [userNodes(services.users), sessionNodes(services.sessions), tenantNodes(services.tenants)];
  const sources = [
    ...entities,
    knownDeviceNodes(services.devices),
    approvalNodes(services.approvals),
    invitationNodes(services.invitations),
    securityEventNodes(services.history),
    loginAttemptNodes(services.attempts),
    passkeyNodes(services.passkeys),
    factorResetNodes(services.adminFactorResets),
  ];
  return new Map<ClassType, object>([
    [SecurityEventsResolver, new SecurityEventsResolver(services)],
    [SecurityEventSubscription, new SecurityEventSubscription(services)],
    [TenantsResolver, new TenantsResolver(services)],
    [UsersResolver, new UsersResolver(services)],
    [SecurityEventUserResolver, new SecurityEventUserResolver(services)],
    [DevicesResolver, new DevicesResolver(services)],
    [KnownDevicesResolver, new KnownDevicesResolver(services)],
    [UserDevicesResolver, new UserDevicesResolver(services)],
    [SessionsResolver, new SessionsResolver(services)],
    [UserSessionsResolver, new UserSessionsResolver(services)],
    [PasswordsResolver, new PasswordsResolver(services)],
    [RegistrationResolver, new RegistrationResolver(services)],
    [ApprovalsResolver, new ApprovalsResolver(services)],
    [LoginResolver, new LoginResolver(services)],
    [SecondFactorResolver, new SecondFactorResolver(services)],
    [ConfirmationResolver, new ConfirmationResolver(services)],
    [LoginProgressSubscription, new LoginProgressSubscription(services)],
    [StepUpResolver, new StepUpResolver(services)],
    [FactorResetsResolver, new FactorResetsResolver(services)],
    [AdminFactorResetsResolver, new AdminFactorResetsResolver(services)],
    [MfaResolver, new MfaResolver(services)],
    [TotpResolver, new TotpResolver(services)],
    [BackupCodesResolver, new BackupCodesResolver(services)],
    [EmailCodesResolver, new EmailCodesResolver(services)],
    [PasskeysResolver, new PasskeysResolver(services)],
    [UserPasskeysResolver, new UserPasskeysResolver(services)],
    [LoginAttemptsResolver, new LoginAttemptsResolver(services)],
    [AccountResolver, new AccountResolver(services)],
    [AdministrationResolver, new AdministrationResolver(services)],
    [DirectoryResolver, new DirectoryResolver(services)],
    [TenantSuspensionResolver, new TenantSuspensionResolver(services)],
    [InvitationsResolver, new InvitationsResolver(services)],
    [SocialResolver, new SocialResolver(services)],
    [UserSocialAccountsResolver, new UserSocialAccountsResolver(services)],
    [SuspendedChangesResolver, new SuspendedChangesResolver(services)],
    [OnboardingResolver, new OnboardingResolver(services)],
    [SapResolver, new SapResolver(services)],
    [NodeResolver, new NodeResolver({ sources })],
    [FederationResolver, new FederationResolver({ entities, introspection, printSchema: printServedSchema })],
  ]);
};
