import { setTimeout } from "node:timers/promises";
import type { SecurityLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import {
  AddressLogins,
  AdminFactorResets,
  BackupCodesService,
  CodeTries,
  ConfirmationService,
  CredentialCleanup,
  EmailCodesService,
  FactorChanges,
  FactorResets,
  FloodAlert,
  LoginAttemptLog,
  LoginAttemptsService,
  LoginDenial,
  LoginFlow,
  LoginHabits,
  LoginMails,
  type LoginOutcome,
  LoginRisk,
  MailedLinkLogins,
  MfaService,
  PasskeyAssertions,
  PasskeyChallenges,
  PasskeyLogin,
  PasskeysService,
  PasswordLogin,
  SecondFactorLogin,
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
import type { TransactionEvents } from "#platform/transaction-events";
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
  readonly hooks: TransactionEvents;
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
    hooks,
  }: Earlier,
) => {
  const unknownIdentifiers = new UnknownIdentifiers({ keys: keyRing });
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
  const attemptLog = new LoginAttemptLog({ ids, unknownIdentifiers, onOutcome });
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
    hooks,
  });
  const assertions = new PasskeyAssertions({ db, clock, challenges: passkeyChallenges, relyingParty, log });
  const codes = { TOTP: totp, BACKUP_CODE: backupCodes, EMAIL_CODE: emailCodes };
  const flow = new LoginFlow({
    db,
    clock,
    ids,
    keys: keyRing,
    challenges,
    devices,
    sessions,
    sessionLimit,
    tokens,
    attempts: attemptLog,
    events,
    loginMails: new LoginMails({ clock, ids, links, emailCodes, mails }),
    hooks,
  });
  const secondFactors = new SecondFactorLogin({
    db,
    challenges,
    codes,
    passkeys: assertions,
    emailCodes,
    tries,
    flow,
    events,
  });
  const passkeyLogin = new PasskeyLogin({ challenges, devices, assertions, secondFactors, flow, risk });
  const mailedLinks = new MailedLinkLogins({ devices, flow });
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
  const cleanup = new CredentialCleanup({ clock, events, mails, hooks });
  const factorResets = new FactorResets({ db, clock, ids, mails, events, sessions, challenges, links });
  const adminFactorResets = new AdminFactorResets({ db, clock, mails, users, sessions, resets: factorResets });
  const confirmations = new ConfirmationService({ db, challenges, links, devices, flow, events });
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
    hooks,
  });
  const login = new PasswordLogin({
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
    flow,
    risk,
    attempts: attemptLog,
    unknownIdentifiers,
    failuresPerMinute: loginLimits.failuresPerMinute,
    events,
    mails,
    remind: (connection, emailCanonical, client) => verificationMails.remind(connection, emailCanonical, client),
    revealTakenEmail,
    onInstallationFull: () => flood.noteRefusal(),
  });
  const attempts = new LoginAttemptsService({ db, users });
  return {
    habits: new LoginHabits({ db }),
    unknownIdentifiers,
    flow,
    mailedLinks,
    addressLogins: new AddressLogins(),
    attemptLog,
    cleanup,
    factorResets,
    adminFactorResets,
    risk,
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
