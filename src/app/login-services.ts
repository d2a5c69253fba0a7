import { setTimeout } from "node:timers/promises";
import type { SecurityLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import {
  AdminFactorResets,
  BackupCodesService,
  CodeTries,
  ConfirmationService,
  CredentialCleanup,
  type CredentialCleanupDeps,
  EmailCodesService,
  FactorChanges,
  FactorResets,
  FloodAlert,
  LoginAttemptLog,
  LoginAttemptsService,
  LoginCompletion,
  type LoginCompletionDeps,
  LoginDenial,
  type LoginDenialDeps,
  LoginHabits,
  type LoginOutcome,
  LoginRisk,
  LoginService,
  LoginSteps,
  MfaService,
  PasskeyAssertions,
  PasskeyChallenges,
  PasskeyLoginService,
  PasskeysService,
  type PasskeysServiceDeps,
  SecondFactorService,
  StepUpService,
  TotpService,
  UnknownIdentifiers,
} from "#features/login/index";
import type { PasswordSchemes, PasswordsService } from "#features/passwords/index";
import type { VerificationMails } from "#features/registration/index";
import { SuspiciousAddresses } from "#features/risk/index";
import type {
  ProofAttempts,
  SessionLimit,
  SessionProofs,
  SessionsService,
  SessionTokensService,
} from "#features/sessions/index";
import type { UsersService } from "#features/users/index";
import { PRODUCT } from "#shared/product";
import type { Config } from "./config.ts";
import type { Platform } from "./foundation.ts";

/** What a login stands on: the features before it. */
interface Earlier {
  readonly events: SecurityLog;
  readonly users: UsersService;
  readonly devices: DevicesService;
  readonly sessions: SessionsService;
  readonly proofs: SessionProofs;
  readonly attempts: ProofAttempts;
  readonly sessionLimit: SessionLimit;
  readonly tokens: SessionTokensService;
  readonly links: LinksService;
  readonly challenges: ChallengesService;
  readonly passwords: PasswordsService;
  readonly verificationMails: Pick<VerificationMails, "remind">;
  readonly schemes: PasswordSchemes;
  /** Accounts at providers are a later feature's: a login knows of them only this. */
  readonly socialAccounts: {
    readonly hasAny: PasskeysServiceDeps["hasSocialAccount"];
    readonly takeDenied: LoginDenialDeps["takeSocialAccount"];
    readonly takeTainted: CredentialCleanupDeps["takeSocialAccounts"];
    readonly linkAtLogin: LoginCompletionDeps["linkAccount"];
  };
}

/** The services of the feature login and of its factors. */
export const buildLoginServices = (
  { db, clock, ids, keyRing, limits, hasher, mails, networks, metrics, log }: Platform,
  {
    passkeys: relyingParty,
    loginLimits,
    revealTakenEmail,
  }: Pick<Config, "passkeys" | "loginLimits" | "revealTakenEmail">,
  {
    events,
    users,
    devices,
    sessions,
    proofs,
    attempts: proofAttempts,
    sessionLimit,
    tokens,
    links,
    challenges,
    passwords,
    verificationMails,
    schemes,
    socialAccounts,
  }: Earlier,
) => {
  const unknownIdentifiers = new UnknownIdentifiers({ keys: keyRing });
  const attemptLog = new LoginAttemptLog({ ids, unknownIdentifiers });
  const flood = new FloodAlert({
    clock,
    perMinute: loginLimits.alertPerMinute,
    onFlood: (seen) => {
      metrics.loginFloods.inc();
      log.warn(seen, "many logins failed within a minute on this replica");
    },
  });
  const onOutcome = (outcome: LoginOutcome) => {
    metrics.logins.inc({ outcome });
    if (outcome === "FAILED" || outcome === "LOCKED") flood.noteFailure();
  };
  const completion = new LoginCompletion({
    db,
    clock,
    ids,
    keys: keyRing,
    devices,
    sessions,
    sessionLimit,
    tokens,
    events,
    links,
    mails,
    attempts: attemptLog,
    linkAccount: socialAccounts.linkAtLogin,
    onOutcome,
  });
  const risk = new LoginRisk({ db, clock, networks });
  const suspiciousAddresses = new SuspiciousAddresses({ db, clock });
  const mfa = new MfaService({ db });
  const tries = new CodeTries({ db, clock, limits, events, mails });
  const changes = new FactorChanges({ clock, sessions, proofs, challenges, events, mails });
  const backupCodes = new BackupCodesService({ db, clock, ids, hasher, changes, events, mails });
  const totp = new TotpService({ db, clock, keyRing, tries, changes, proofs, backupCodes, issuer: PRODUCT });
  const emailCodes = new EmailCodesService({ db, clock, keys: keyRing, mails });
  const passkeyChallenges = new PasskeyChallenges({ clock, ids, keys: keyRing });
  const passkeys = new PasskeysService({
    db,
    clock,
    ids,
    challenges: passkeyChallenges,
    factorChanges: changes,
    proofs,
    relyingParty,
    log,
    hasSocialAccount: socialAccounts.hasAny,
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
  const stepUp = new StepUpService({
    db,
    passwords,
    sessions,
    proofs,
    tokens,
    attempts: proofAttempts,
    codes,
    passkeys: assertions,
    events,
  });
  const cleanup = new CredentialCleanup({ clock, events, mails, takeSocialAccounts: socialAccounts.takeTainted });
  const factorResets = new FactorResets({ db, clock, ids, mails, events, sessions, challenges, links });
  const adminFactorResets = new AdminFactorResets({ db, clock, mails, users, sessions, resets: factorResets });
  const confirmations = new ConfirmationService({ db, challenges, links, devices, completion, events });
  const denial = new LoginDenial({
    db,
    clock,
    challenges,
    links,
    devices,
    sessions,
    cleanup,
    factorResets,
    suspiciousAddresses,
    attempts: attemptLog,
    events,
    mails,
    takeSocialAccount: socialAccounts.takeDenied,
  });
  const steps = new LoginSteps({
    db,
    clock,
    challenges,
    links,
    emailCodes,
    completion,
    attempts: attemptLog,
    mails,
    onOutcome,
  });
  const login = new LoginService({
    db,
    clock,
    limits,
    hasher,
    schemes,
    wait: async (milliseconds) => {
      metrics.refusalDelays.observe(milliseconds / 1_000);
      await setTimeout(milliseconds);
    },
    devices,
    steps,
    risk,
    attempts: attemptLog,
    unknownIdentifiers,
    failuresPerMinute: loginLimits.failuresPerMinute,
    events,
    mails,
    remind: (connection, emailCanonical, client) => verificationMails.remind(connection, emailCanonical, client),
    revealTakenEmail,
    onOutcome,
    onInstallationFull: () => flood.noteRefusal(),
  });
  const attempts = new LoginAttemptsService({ db, users });
  return {
    habits: new LoginHabits({ db }),
    unknownIdentifiers,
    completion,
    attemptLog,
    cleanup,
    factorResets,
    adminFactorResets,
    risk,
    steps,
    assertions,
    suspiciousAddresses,
    mfa,
    backupCodes,
    totp,
    emailCodes,
    passkeys,
    secondFactors,
    passkeyLogin,
    confirmations,
    denial,
    stepUp,
    login,
    attempts,
  };
};
