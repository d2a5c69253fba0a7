import type { Config } from "./config.ts";
import { AccountService, EmailChangeService } from "./features/account/index.ts";
import {
  AdministrationService,
  DirectoryService,
  OperatorsService,
  TenantSuspensionService,
} from "./features/administration/index.ts";
import { LiveEvents, SecurityHistory, SecurityLog } from "./features/audit/index.ts";
import { ChallengeProgress, ChallengesService } from "./features/challenges/index.ts";
import { DevicesService } from "./features/devices/index.ts";
import { InvitationAcceptance, InvitationsService } from "./features/invitations/index.ts";
import { LinksService } from "./features/links/index.ts";
import { consecutiveCodesKey, userKeys } from "./features/login/index.ts";
import { ActivationService, OnboardingService } from "./features/onboarding/index.ts";
import { PasswordResetService, PasswordSchemes, PasswordsService } from "./features/passwords/index.ts";
import { ApprovalsService, RegistrationService } from "./features/registration/index.ts";
import { SapGateway, SapService } from "./features/sap/index.ts";
import {
  ActivityRecorder,
  PresentedTokens,
  RefreshTokens,
  SessionAuthenticator,
  SessionLimit,
  SessionProofs,
  SessionsService,
  SessionTokensService,
} from "./features/sessions/index.ts";
import {
  Providers,
  SocialAccountsService,
  SocialAdmission,
  SocialLoginService,
  SocialVisits,
} from "./features/social/index.ts";
import { SecurityPolicyService, TenantsService } from "./features/tenants/index.ts";
import { AccessTokens } from "./features/tokens/index.ts";
import { UserImportService } from "./features/user-import/index.ts";
import { UsersService } from "./features/users/index.ts";
import type { Platform } from "./foundation.ts";
import { buildLoginServices } from "./login-services.ts";
import { jobQueue } from "./platform/jobs/jobs.ts";

/** The services of all features, in the order of the features: each gets those before it. */
export const buildServices = (platform: Platform, config: Config) => {
  const { db, clock, ids, keyRing, keys, limits, hasher, mails, cache, announcements, outbox, outgoing, metrics, log } =
    platform;
  const { revealTakenEmail, sessions: lifetimes } = config;
  const events = new SecurityLog({ ids, announcements, outbox });
  const tenants = new TenantsService({ db });
  const securityPolicy = new SecurityPolicyService({ db, events });
  const users = new UsersService({ db });
  const history = new SecurityHistory({ db, ensureUserVisible: (viewer, userId) => users.getVisible(viewer, userId) });
  const liveEvents = new LiveEvents({ db, clock, announcements, log });
  const devices = new DevicesService({ db, clock, ids });
  const activity = new ActivityRecorder({ db, log });
  const accessTokens = new AccessTokens({ keys, clock, ids, ...config.tokens });
  const sessions = new SessionsService({ db, clock, cache, events, lifetimes });
  const proofs = new SessionProofs({ clock, events });
  const sessionLimit = new SessionLimit({ db, clock, sessions, events, mails });
  const authenticator = new SessionAuthenticator({
    db,
    clock,
    cache,
    accessTokens,
    activity,
    onLookup: (source) => metrics.sessionLookups.inc({ source }),
  });
  const refreshTokens = new RefreshTokens({ keyRing });
  const presentedTokens = new PresentedTokens({ db, clock, refreshTokens });
  const tokens = new SessionTokensService({
    db,
    clock,
    accessTokens,
    refreshTokens,
    sessions,
    events,
    mails,
    lifetimes,
  });
  const links = new LinksService({ db, clock, ids, keys: keyRing, pages: config.links });
  const challenges = new ChallengesService({ db, clock, ids, keys: keyRing, announcements });
  const challengeProgress = new ChallengeProgress({ clock, challenges, announcements, log });
  const passwords = new PasswordsService({
    db,
    clock,
    hasher,
    limits,
    mails,
    events,
    sessions,
    proofs,
    tenants,
    links,
    challenges,
  });
  const schemes = new PasswordSchemes({ db, clock, hasher, jobs: jobQueue, log });
  const passwordResets = new PasswordResetService({
    db,
    clock,
    jobs: jobQueue,
    mails,
    events,
    sessions,
    tenants,
    links,
    challenges,
    passwords,
    // Who reads the account's mail is its owner: guesses that others made no longer hold the login up.
    onPasswordReset: (tx, { id }) => limits.settle(tx, { reset: [...userKeys(id), consecutiveCodesKey(id)] }),
  });
  const approvals = new ApprovalsService({ db, clock, ids, jobs: jobQueue, limits, mails, events, links, passwords });
  const registration = new RegistrationService({
    db,
    clock,
    ids,
    jobs: jobQueue,
    mails,
    events,
    sessions,
    tenants,
    links,
    passwords,
    approvals,
    revealTakenEmail,
  });
  const providers = new Providers({ settings: config.social.providers, outgoing, clock, log });
  const socialVisits = new SocialVisits({
    db,
    clock,
    ids,
    keys: keyRing,
    tenants,
    providers,
    redirectUris: config.social.redirectUris,
  });
  const socialAccounts = new SocialAccountsService({
    db,
    clock,
    ids,
    visits: socialVisits,
    providers,
    sessions,
    proofs,
    challenges,
    events,
    mails,
    passkeys: config.passkeys !== null,
  });
  const logins = buildLoginServices(platform, config, {
    events,
    users,
    devices,
    sessions,
    proofs,
    sessionLimit,
    tokens,
    links,
    challenges,
    passwords,
    schemes,
    socialAccounts,
  });
  const account = new AccountService({ db, clock, mails, events, sessions, passwords });
  const activation = new ActivationService({ db, sessions, links, passwords, events });
  const emailChanges = new EmailChangeService({
    db,
    clock,
    mails,
    events,
    sessions,
    links,
    challenges,
    registration,
    activation,
    takeSocialAccounts: socialAccounts.takeLinkedSince,
    revealTakenEmail,
  });
  const administration = new AdministrationService({ users, sessions, links, challenges, events });
  const tenantSuspension = new TenantSuspensionService({ db, tenants, sessions, events });
  const directory = new DirectoryService({ db, clock, users });
  const operators = new OperatorsService({ db, clock, ids, tenants, sessions, links, mails, events });
  const invitations = new InvitationsService({ db, clock, ids, tenants, users, links, limits, mails, events });
  const invitationAcceptance = new InvitationAcceptance({
    db,
    tenants,
    links,
    passwords,
    devices,
    risk: logins.risk,
    completion: logins.completion,
    events,
  });
  const { completion, risk, steps } = logins;
  const admission = new SocialAdmission({
    db,
    clock,
    ids,
    tenants,
    accounts: socialAccounts,
    sessions,
    challenges,
    links,
    passwords,
    approvals,
    completion,
    events,
    revealTakenEmail,
  });
  const socialLogin = new SocialLoginService({
    db,
    clock,
    devices,
    visits: socialVisits,
    admission,
    risk,
    steps,
    completion,
  });
  const sap = new SapService({ db, clock, keyRing, gateway: new SapGateway({ outgoing }), tenants, events, log });
  const onboarding = new OnboardingService({
    db,
    clock,
    ids,
    links,
    passwords,
    mails,
    events,
    sap,
    revealTakenEmail,
  });
  const userImport = new UserImportService({ db, clock, ids, hasher, schemes, tenants, links, events });

  return {
    events,
    history,
    liveEvents,
    tenants,
    securityPolicy,
    users,
    devices,
    activity,
    sessions,
    proofs,
    authenticator,
    presentedTokens,
    tokens,
    links,
    challenges,
    challengeProgress,
    passwords,
    schemes,
    passwordResets,
    approvals,
    registration,
    ...logins,
    account,
    emailChanges,
    administration,
    tenantSuspension,
    directory,
    operators,
    invitations,
    invitationAcceptance,
    socialVisits,
    socialAccounts,
    socialLogin,
    activation,
    onboarding,
    sap,
    userImport,
  };
};

export type Services = ReturnType<typeof buildServices>;
