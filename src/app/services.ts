import {
  AccountService,
  EmailChangeService,
  EmailChangeUndo,
  EmailVerification,
  forgetUser,
  ImportedUserVerification,
} from "#features/account/index";
import {
  AdministrationService,
  DirectoryService,
  OperatorsService,
  TenantSuspensionService,
} from "#features/administration/index";
import { LiveEvents, SecurityHistory, SecurityLog } from "#features/audit/index";
import { ChallengeProgress, ChallengesService } from "#features/challenges/index";
import { DevicesService } from "#features/devices/index";
import { LeakedKeyService, SuspendedChangesService } from "#features/incidents/index";
import {
  InvitationAcceptance,
  InvitationEntry,
  InvitationsService,
  keepEarlierInvitation,
} from "#features/invitations/index";
import { AddressLinks, LinksService } from "#features/links/index";
import { consecutiveCodesKey, DENY_LOGIN_LINK, LinkLogins, userKeys } from "#features/login/index";
import { ActivationService, OnboardingService } from "#features/onboarding/index";
import { PasswordResetService, PasswordSchemes, PasswordsService } from "#features/passwords/index";
import {
  ApprovalsService,
  EarlierUsers,
  RegistrationService,
  UserCreation,
  VerificationMails,
} from "#features/registration/index";
import { SapGateway, SapService } from "#features/sap/index";
import {
  ActivityRecorder,
  PresentedTokens,
  ProofAttempts,
  RefreshRotation,
  RefreshTokens,
  SessionAuthenticator,
  SessionLimit,
  SessionProofs,
  SessionsService,
  SessionTokensService,
} from "#features/sessions/index";
import {
  AddressProofs,
  Providers,
  SocialAccountsService,
  SocialAdmission,
  SocialLoginService,
  SocialVisits,
} from "#features/social/index";
import { SecurityPolicyService, TenantsService } from "#features/tenants/index";
import { AccessTokens } from "#features/tokens/index";
import { UserImportService } from "#features/user-import/index";
import { Usernames, UsersService } from "#features/users/index";
import { jobQueue } from "#platform/jobs/jobs";
import type { Config } from "./config.ts";
import type { Platform } from "./foundation.ts";
import { buildLoginServices } from "./login-services.ts";
import { LINK_PURPOSES } from "./mails.ts";

/** The services of all features, in the order of the features: each gets those before it. */
export const buildServices = (platform: Platform, config: Config) => {
  const { db, clock, ids, keyRing, keys, limits, hasher, mails, cache, announcements, outbox, outgoing, metrics, log } =
    platform;
  const { revealTakenEmail, sessions: lifetimes } = config;
  const events = new SecurityLog({ ids, announcements, outbox });
  const tenants = new TenantsService({ db });
  const securityPolicy = new SecurityPolicyService({ db, events });
  const users = new UsersService({ db });
  const usernames = new Usernames({ db, limits, reserved: config.reservedUsernames });
  const history = new SecurityHistory({ db, ensureUserVisible: (viewer, userId) => users.getVisible(viewer, userId) });
  const liveEvents = new LiveEvents({ db, clock, announcements, log });
  const devices = new DevicesService({ db, clock, ids });
  const activity = new ActivityRecorder({ db, clock, log });
  const accessTokens = new AccessTokens({ keys, clock, ids, ...config.tokens });
  const sessions = new SessionsService({ db, clock, cache, events, lifetimes });
  const proofs = new SessionProofs({ clock, keys: keyRing, events });
  const attempts = new ProofAttempts({ db, clock, sessions, events, mails });
  const sessionLimit = new SessionLimit({ db, clock, sessions, events, mails });
  const authenticator = new SessionAuthenticator({
    db,
    clock,
    cache,
    accessTokens,
    activity,
    onLookup: (source) => metrics.sessionLookups.inc({ source }),
  });
  const links = new LinksService({ db, clock, ids, keys: keyRing, purposes: LINK_PURPOSES, pageOf: config.pageOfLink });
  const refreshTokens = new RefreshTokens({ keyRing });
  const presentedTokens = new PresentedTokens({ db, clock, refreshTokens });
  const rotation = new RefreshRotation({
    db,
    clock,
    refreshTokens,
    devices,
    events,
    mails,
    issueDenialLink: (tx, { user, ...claim }) => {
      const payload = { claim };
      return links.issue(tx, { user, purpose: DENY_LOGIN_LINK, payload });
    },
    lifetimes,
  });
  const tokens = new SessionTokensService({
    db,
    clock,
    accessTokens,
    refreshTokens,
    rotation,
    sessions,
    events,
    mails,
  });
  const addressLinks = new AddressLinks({ db, clock, ids, links });
  const challenges = new ChallengesService({ db, clock, ids, keys: keyRing, announcements });
  const challengeProgress = new ChallengeProgress({ clock, challenges, announcements, log });
  const passwords = new PasswordsService({
    db,
    clock,
    hasher,
    mails,
    events,
    sessions,
    proofs,
    attempts,
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
    devices,
    events,
    sessions,
    tenants,
    links,
    addressLinks,
    challenges,
    passwords,
    // Who reads the account's mail is its owner: guesses that others made no longer hold the login up.
    onPasswordReset: async (tx, user, client) => {
      await limits.settle(tx, { reset: [...userKeys(user.id), consecutiveCodesKey(user.id)] });
      await logins.cleanup.removeSuspicious(tx, user, client);
      // Whoever waits for the factors to be reset may be who made the owner choose another password.
      await logins.factorResets.cancel(tx, user, client);
    },
  });
  const earlierUsers = new EarlierUsers({
    db,
    clock,
    ids,
    events,
    keepInvitation: keepEarlierInvitation,
    forgetUser: (tx, user) => forgetUser(tx, events, user),
  });
  const creation = new UserCreation({ clock, addressLinks, passwords, events, earlierUsers });
  const verificationMails = new VerificationMails({
    db,
    clock,
    jobs: jobQueue,
    keys: keyRing,
    limits,
    mails,
    tenants,
    links,
    addressLinks,
    earlierUsers,
  });
  const approvals = new ApprovalsService({
    db,
    clock,
    ids,
    jobs: jobQueue,
    limits,
    mails,
    events,
    addressLinks,
    tenants,
  });
  const registration = new RegistrationService({
    db,
    clock,
    ids,
    jobs: jobQueue,
    keys: keyRing,
    events,
    tenants,
    passwords,
    usernames,
    verificationMails,
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
    attempts,
    sessionLimit,
    tokens,
    links,
    challenges,
    passwords,
    verificationMails,
    schemes,
    socialAccounts,
  });
  const { completion, risk, steps } = logins;
  const account = new AccountService({ db, clock, mails, events, sessions, passwords, proofs, usernames });
  const activation = new ActivationService({ db });
  const linkLogins = new LinkLogins({ devices, completion });
  const imported = new ImportedUserVerification({
    db,
    tenants,
    links,
    passwords,
    usernames,
    creation,
    risk,
    completion,
    linkLogins,
    events,
  });
  const emailVerification = new EmailVerification({
    db,
    clock,
    ids,
    keys: keyRing,
    tenants,
    links,
    addressLinks,
    passwords,
    usernames,
    creation,
    earlierUsers,
    imported,
    risk,
    linkLogins,
    activateTenant: activation.activate,
  });
  const emailChanges = new EmailChangeService({
    db,
    clock,
    mails,
    events,
    devices,
    links,
    challenges,
    creation,
    earlierUsers,
    revealTakenEmail,
  });
  const emailChangeUndo = new EmailChangeUndo({
    db,
    clock,
    limits,
    mails,
    events,
    sessions,
    links,
    challenges,
    devices,
    passwords,
    totp: logins.totp,
    passkeys: logins.assertions,
    cleanup: logins.cleanup,
    factorResets: logins.factorResets,
    changes: emailChanges,
  });
  const invitations = new InvitationsService({
    db,
    clock,
    ids,
    tenants,
    users,
    addressLinks,
    limits,
    mails,
    events,
  });
  const administration = new AdministrationService({
    clock,
    users,
    sessions,
    links,
    challenges,
    events,
    onRightsLost: invitations.voidInvitationsOf,
  });
  const tenantSuspension = new TenantSuspensionService({ db, tenants, sessions, events });
  const directory = new DirectoryService({ db, clock, users });
  const operators = new OperatorsService({ db, clock, ids, tenants, sessions, links, mails, events });
  const invitationEntry = new InvitationEntry({ clock, addressLinks });
  const invitationAcceptance = new InvitationAcceptance({
    db,
    clock,
    ids,
    tenants,
    links,
    addressLinks,
    passwords,
    usernames,
    creation,
    earlierUsers,
    entry: invitationEntry,
    risk,
    linkLogins,
  });
  const admission = new SocialAdmission({
    db,
    clock,
    ids,
    tenants,
    accounts: socialAccounts,
    creation,
    invitations: invitationEntry,
    approvals,
    revealTakenEmail,
  });
  const addressProofs = new AddressProofs({
    db,
    clock,
    ids,
    keys: keyRing,
    limits,
    providers,
    emailCodes: logins.emailCodes,
    attempts: logins.attemptLog,
    events,
  });
  const socialLogin = new SocialLoginService({
    db,
    clock,
    ids,
    devices,
    visits: socialVisits,
    accounts: socialAccounts,
    admission,
    addressProofs,
    risk,
    steps,
    completion,
  });
  const leakedKey = new LeakedKeyService({
    db,
    clock,
    ids,
    mails,
    events,
    sessions,
    proofs,
    challenges,
    devices,
    links,
    emailChanges,
    factorResets: logins.factorResets,
    invitations,
    onRightsLost: invitations.voidInvitationsOf,
  });
  const suspendedChanges = new SuspendedChangesService({
    db,
    events,
    sessions,
    proofs,
    challenges,
    emailChanges,
    users,
    administration,
  });
  const sap = new SapService({
    db,
    clock,
    keyRing,
    gateway: new SapGateway({ outgoing }),
    tenants,
    events,
    log,
    unreachableTime: config.sapUnreachableTime,
  });
  const onboarding = new OnboardingService({
    db,
    clock,
    ids,
    keys: keyRing,
    verificationMails,
    passwords,
    events,
    sap,
    revealTakenEmail,
  });
  const userImport = new UserImportService({ db, clock, ids, hasher, schemes, tenants, events });

  return {
    events,
    history,
    liveEvents,
    tenants,
    securityPolicy,
    users,
    usernames,
    creation,
    invitationEntry,
    devices,
    activity,
    sessions,
    proofs,
    authenticator,
    presentedTokens,
    tokens,
    links,
    addressLinks,
    challenges,
    challengeProgress,
    passwords,
    schemes,
    passwordResets,
    approvals,
    registration,
    verificationMails,
    earlierUsers,
    ...logins,
    leakedKey,
    suspendedChanges,
    account,
    emailChanges,
    emailChangeUndo,
    emailVerification,
    administration,
    tenantSuspension,
    directory,
    operators,
    invitations,
    invitationAcceptance,
    identityProviders: providers,
    socialVisits,
    socialAccounts,
    socialLogin,
    addressProofs,
    addressLogins: socialLogin,
    activation,
    onboarding,
    sap,
    userImport,
  };
};

export type Services = ReturnType<typeof buildServices>;
