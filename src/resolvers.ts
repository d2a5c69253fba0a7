import type { ClassType } from "type-graphql";
import type { Config } from "./config.ts";
import { AccountResolver } from "./features/account/index.ts";
import {
  AdministrationResolver,
  DirectoryResolver,
  TenantSuspensionResolver,
} from "./features/administration/index.ts";
import { SecurityEventSubscription, SecurityEventsResolver, securityEventNodes } from "./features/audit/index.ts";
import {
  DevicesResolver,
  KnownDevicesResolver,
  knownDeviceNodes,
  UserDevicesResolver,
} from "./features/devices/index.ts";
import { SuspendedChangesResolver } from "./features/incidents/index.ts";
import { InvitationsResolver, invitationNodes } from "./features/invitations/index.ts";
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
} from "./features/login/index.ts";
import { OnboardingResolver } from "./features/onboarding/index.ts";
import { PasswordsResolver } from "./features/passwords/index.ts";
import { ApprovalsResolver, approvalNodes, RegistrationResolver } from "./features/registration/index.ts";
import { SapResolver } from "./features/sap/index.ts";
import { SessionsResolver, sessionNodes, UserSessionsResolver } from "./features/sessions/index.ts";
import { SocialResolver, UserSocialAccountsResolver } from "./features/social/index.ts";
import { TenantsResolver, tenantNodes } from "./features/tenants/index.ts";
import { SecurityEventUserResolver, UsersResolver, userNodes } from "./features/users/index.ts";
import { FederationResolver } from "./graphql/federation.resolver.ts";
import { NodeResolver } from "./graphql/node.resolver.ts";
import { printServedSchema, type ResolverInstances } from "./graphql/schema.ts";
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
