import type { Config } from "./config.ts";
import { AccountService, EmailChangeService } from "./features/account/index.ts";
import {
  AdministrationService,
  DirectoryService,
  OperatorsService,
  TenantSuspensionService,
} from "./features/administration/index.ts";
import { SecurityHistory, SecurityLog } from "./features/audit/index.ts";
import { ChallengesService } from "./features/challenges/index.ts";
import { DevicesService } from "./features/devices/index.ts";
import { InvitationAcceptance, InvitationsService } from "./features/invitations/index.ts";
import { LinksService } from "./features/links/index.ts";
import {
  BackupCodesService,
  CodeTries,
  ConfirmationService,
  consecutiveCodesKey,
  EmailCodesService,
  FactorChanges,
  identifierKeys,
  LoginAttemptLog,
  LoginAttemptsService,
  LoginCompletion,
  type LoginOutcome,
  LoginRisk,
  LoginService,
  LoginSteps,
  MfaService,
  PasskeyAssertions,
  PasskeyChallenges,
  PasskeyLoginService,
  PasskeysService,
  SecondFactorService,
  StepUpService,
  TotpService,
} from "./features/login/index.ts";
import { ActivationService, OnboardingService } from "./features/onboarding/index.ts";
import { PasswordResetService, PasswordsService } from "./features/passwords/index.ts";
import { ApprovalsService, RegistrationService } from "./features/registration/index.ts";
import { SuspiciousAddresses } from "./features/risk/index.ts";
import { SapGateway, SapService } from "./features/sap/index.ts";
import {
  ActivityRecorder,
  RefreshTokens,
  SessionAuthenticator,
  type SessionCache,
  SessionLimit,
  SessionsService,
  SessionTokensService,
} from "./features/sessions/index.ts";
import { SecurityPolicyService, TenantsService } from "./features/tenants/index.ts";
import { AccessTokens, type SigningKeys } from "./features/tokens/index.ts";
import { UserImportService } from "./features/user-import/index.ts";
import { UsersService } from "./features/users/index.ts";
import type { Clock } from "./platform/clock.ts";
import type { Db } from "./platform/database/database.ts";
import type { Ids } from "./platform/ids.ts";
import { jobQueue } from "./platform/jobs/jobs.ts";
import type { Limits } from "./platform/limits/limits.ts";
import type { Logger } from "./platform/logging.ts";
import type { MailQueue } from "./platform/mail/index.ts";
import type { Metrics } from "./platform/metrics.ts";
import type { OutgoingClient } from "./platform/outgoing/index.ts";
import type { PasswordHasher } from "./platform/password-hashing/index.ts";
import type { Networks } from "./platform/places/index.ts";
import type { KeyRing } from "./platform/secrets.ts";
import { PRODUCT } from "./shared/product.ts";

/** What the features stand on. */
export interface Platform {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: KeyRing;
  readonly keys: SigningKeys;
  readonly limits: Limits;
  readonly hasher: PasswordHasher;
  readonly mails: MailQueue;
  readonly cache: SessionCache;
  readonly networks: Pick<Networks, "isAnonymous">;
  readonly outgoing: Pick<OutgoingClient, "call">;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** The services of all features, in the order of the features: each gets those before it. */
export const buildServices = (platform: Platform, config: Config) => {
  const { db, clock, ids, keyRing, keys, limits, hasher, mails, cache, networks, outgoing, metrics, log } = platform;
  const { revealTakenEmail, sessions: lifetimes } = config;
  const events = new SecurityLog({ ids });
  const tenants = new TenantsService({ db });
  const securityPolicy = new SecurityPolicyService({ db, events });
  const users = new UsersService({ db });
  const history = new SecurityHistory({ db, ensureUserVisible: (viewer, userId) => users.getVisible(viewer, userId) });
  const devices = new DevicesService({ db, clock, ids });
  const activity = new ActivityRecorder({ db, log });
  const accessTokens = new AccessTokens({ keys, clock, ids, ...config.tokens });
  const sessions = new SessionsService({ db, clock, cache, events, lifetimes });
  const sessionLimit = new SessionLimit({ db, clock, sessions, events, mails });
  const authenticator = new SessionAuthenticator({
    db,
    clock,
    cache,
    accessTokens,
    activity,
    onLookup: (source) => metrics.sessionLookups.inc({ source }),
  });
  const tokens = new SessionTokensService({
    db,
    clock,
    accessTokens,
    refreshTokens: new RefreshTokens({ keyRing }),
    sessions,
    events,
    mails,
    lifetimes,
  });
  const links = new LinksService({ db, clock, ids, keys: keyRing, pages: config.links });
  const challenges = new ChallengesService({ db, clock, ids, keys: keyRing });
  const passwords = new PasswordsService({
    db,
    clock,
    hasher,
    limits,
    mails,
    events,
    sessions,
    tenants,
    links,
    challenges,
  });
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
    onPasswordReset: (tx, { id, emailCanonical, usernameCanonical }) => {
      const identifiers = [emailCanonical, ...(usernameCanonical ? [usernameCanonical] : [])];
      return limits.settle(tx, { reset: [...identifierKeys(identifiers), consecutiveCodesKey(id)] });
    },
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
  const attemptLog = new LoginAttemptLog({ ids });
  const onOutcome = (outcome: LoginOutcome) => metrics.logins.inc({ outcome });
  const completion = new LoginCompletion({
    db,
    clock,
    ids,
    devices,
    sessions,
    sessionLimit,
    tokens,
    events,
    mails,
    attempts: attemptLog,
    onOutcome,
  });
  const risk = new LoginRisk({ db, clock, networks });
  const suspiciousAddresses = new SuspiciousAddresses({ db, clock });
  const mfa = new MfaService({ db });
  const tries = new CodeTries({ db, clock, limits, events, mails });
  const changes = new FactorChanges({ clock, sessions, challenges, events, mails });
  const backupCodes = new BackupCodesService({ db, clock, ids, hasher, changes, events, mails });
  const totp = new TotpService({ db, clock, keyRing, tries, changes, backupCodes, issuer: PRODUCT });
  const emailCodes = new EmailCodesService({ db, clock, keys: keyRing, limits, mails });
  const { passkeys: relyingParty } = config;
  const passkeyChallenges = new PasskeyChallenges({ clock, ids, keys: keyRing });
  const passkeys = new PasskeysService({
    db,
    clock,
    ids,
    challenges: passkeyChallenges,
    factorChanges: changes,
    relyingParty,
    log,
  });
  const assertions = new PasskeyAssertions({ db, clock, challenges: passkeyChallenges, relyingParty, log });
  const codes = { TOTP: totp, BACKUP_CODE: backupCodes, EMAIL_CODE: emailCodes };
  const secondFactors = new SecondFactorService({
    db,
    challenges,
    codes,
    passkeys: assertions,
    emailCodes,
    tries,
    completion,
    events,
  });
  const passkeyLogin = new PasskeyLoginService({ challenges, devices, assertions, secondFactors, completion, risk });
  const stepUp = new StepUpService({ db, passwords, sessions, codes, passkeys: assertions, tries, events });
  const confirmations = new ConfirmationService({
    db,
    clock,
    challenges,
    links,
    devices,
    sessions,
    suspiciousAddresses,
    completion,
    attempts: attemptLog,
    events,
    mails,
  });
  const steps = new LoginSteps({
    db,
    clock,
    challenges,
    links,
    emailCodes,
    completion,
    attempts: attemptLog,
    limits,
    mails,
    onOutcome,
  });
  const login = new LoginService({
    db,
    clock,
    limits,
    hasher,
    devices,
    steps,
    risk,
    attempts: attemptLog,
    events,
    mails,
    onOutcome,
  });
  const attempts = new LoginAttemptsService({ db, users });
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
    risk,
    completion,
    events,
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
  const userImport = new UserImportService({ db, clock, ids, hasher, tenants, links, events });

  return {
    events,
    history,
    tenants,
    securityPolicy,
    users,
    devices,
    activity,
    sessions,
    authenticator,
    tokens,
    links,
    challenges,
    passwords,
    passwordResets,
    approvals,
    registration,
    mfa,
    backupCodes,
    totp,
    emailCodes,
    passkeys,
    secondFactors,
    passkeyLogin,
    confirmations,
    suspiciousAddresses,
    stepUp,
    login,
    attempts,
    account,
    emailChanges,
    administration,
    tenantSuspension,
    directory,
    operators,
    invitations,
    invitationAcceptance,
    activation,
    onboarding,
    sap,
    userImport,
  };
};

export type Services = ReturnType<typeof buildServices>;
