import { setTimeout as delay } from "node:timers/promises";
import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { devicesFeature } from "#features/devices/index";
import { linksFeature } from "#features/links/index";
import { passwordReset, passwordsFeature } from "#features/passwords/index";
import { registrationFeature } from "#features/registration/index";
import { riskFeature } from "#features/risk/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { dropOldPartitions } from "#platform/database/partitions";
import { defineFeature, type Platform } from "#platform/feature";
import { after, DAY } from "#shared/durations";
import { TenantLoginAttemptsResolver, UserLoginAttemptsResolver } from "./attempts/login-attempt-lists.resolver.ts";
import { LoginAttemptLog } from "./attempts/login-attempt-log.ts";
import { loginAttemptNodes } from "./attempts/login-attempts.node.ts";
import { LoginAttemptsResolver } from "./attempts/login-attempts.resolver.ts";
import { LoginAttemptsService } from "./attempts/login-attempts.service.ts";
import { ConfirmationResolver } from "./confirmation/confirmation.resolver.ts";
import { ConfirmationService } from "./confirmation/confirmation.service.ts";
import { LoginProgressSubscription } from "./confirmation/login-progress.resolver.ts";
import { CredentialCleanup } from "./denial/credential-cleanup.ts";
import { LoginDenial } from "./denial/login-denial.ts";
import { PasskeyLogin } from "./first-factors/passkey/passkey-login.service.ts";
import { FloodAlert } from "./first-factors/password/flood-alert.ts";
import { userKeys } from "./first-factors/password/login-limits.ts";
import { PasswordLogin } from "./first-factors/password/password-login.service.ts";
import { UnknownIdentifiers } from "./first-factors/password/unknown-identifiers.ts";
import type { LoginOutcome } from "./flow/login.policy.ts";
import { LoginResolver } from "./flow/login.resolver.ts";
import { LoginFlow } from "./flow/login-flow.ts";
import { LoginMails } from "./flow/login-mails.ts";
import { MailedLinkLogins } from "./flow/mailed-link-logins.ts";
import { LoginHabits } from "./history/login-habits.service.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { loginSettings } from "./login-settings.ts";
import { MAILS } from "./mails/index.ts";
import { FactorChanges } from "./mfa/factor-changes.ts";
import { isMfaEnabled } from "./mfa/mfa.policy.ts";
import { findMfa } from "./mfa/mfa.repository.ts";
import { MfaResolver } from "./mfa/mfa.resolver.ts";
import { MfaService } from "./mfa/mfa.service.ts";
import { PAGES } from "./pages/index.ts";
import { AdminFactorResetsResolver } from "./resets/admin-factor-resets.resolver.ts";
import { AdminFactorResets } from "./resets/admin-factor-resets.service.ts";
import { factorResetNodes } from "./resets/factor-resets.node.ts";
import { FactorResetsResolver, UserFactorResetResolver } from "./resets/factor-resets.resolver.ts";
import { FactorResets } from "./resets/factor-resets.service.ts";
import { LoginRisk } from "./risk/login-risk.ts";
import { AddressLogins } from "./second-factors/address-logins.ts";
import { BackupCodesResolver } from "./second-factors/backup-code/backup-codes.resolver.ts";
import { BackupCodesService } from "./second-factors/backup-code/backup-codes.service.ts";
import { CodeAttempts, consecutiveCodesKey } from "./second-factors/code-attempts.ts";
import { EmailCodesResolver } from "./second-factors/email-code/email-codes.resolver.ts";
import { EmailCodesService } from "./second-factors/email-code/email-codes.service.ts";
import { PasskeyAssertions } from "./second-factors/passkey/passkey-assertions.ts";
import { PasskeyChallenges } from "./second-factors/passkey/passkey-challenges.ts";
import { passkeyNodes } from "./second-factors/passkey/passkeys.node.ts";
import { PasskeysResolver, UserPasskeysResolver } from "./second-factors/passkey/passkeys.resolver.ts";
import { PasskeysService } from "./second-factors/passkey/passkeys.service.ts";
import { SecondFactorResolver } from "./second-factors/second-factor.resolver.ts";
import { SecondFactorLogin } from "./second-factors/second-factor.service.ts";
import { TotpResolver } from "./second-factors/totp/totp.resolver.ts";
import { TotpService } from "./second-factors/totp/totp.service.ts";
import { StepUpResolver } from "./step-up/step-up.resolver.ts";
import { StepUpService } from "./step-up/step-up.service.ts";

/** Login, and the factors that authenticate the user. */
export const loginFeature = defineFeature({
  name: "login",
  uses: [
    auditFeature,
    tenantsFeature,
    usersFeature,
    devicesFeature,
    riskFeature,
    linksFeature,
    sessionsFeature,
    challengesFeature,
    passwordsFeature,
    registrationFeature,
  ],
  mails: MAILS,
  pages: PAGES,
  config: loginSettings,
  services: (deps) => {
    const { loginLimits, passkeys: relyingParty, product, revealTakenEmail } = deps.config;
    const { flood, onOutcome, wait } = watchLogins(deps, loginLimits.alertPerMinute);

    const unknownIdentifiers = new UnknownIdentifiers(deps);
    const attemptLog = new LoginAttemptLog({ ...deps, unknownIdentifiers, onOutcome });
    const risk = new LoginRisk(deps);

    const codeAttempts = new CodeAttempts(deps);
    const changes = new FactorChanges(deps);
    const backupCodes = new BackupCodesService({ ...deps, changes });
    const totp = new TotpService({ ...deps, codeAttempts, changes, backupCodes, issuer: product });
    const emailCodes = new EmailCodesService(deps);
    const challenges = new PasskeyChallenges(deps);
    const passkeys = new PasskeysService({ ...deps, challenges, factorChanges: changes, relyingParty, product });
    const assertions = new PasskeyAssertions({ ...deps, challenges, relyingParty });
    const codes = { TOTP: totp, BACKUP_CODE: backupCodes, EMAIL_CODE: emailCodes };

    const loginMails = new LoginMails({ ...deps, emailCodes });
    const flow = new LoginFlow({ ...deps, attempts: attemptLog, loginMails });
    const secondFactors = new SecondFactorLogin({
      ...deps,
      codes,
      passkeys: assertions,
      emailCodes,
      codeAttempts,
      flow,
    });

    const cleanup = new CredentialCleanup(deps);
    const factorResets = new FactorResets(deps);
    const login = new PasswordLogin({
      ...deps,
      wait,
      flow,
      risk,
      attempts: attemptLog,
      unknownIdentifiers,
      failuresPerMinute: loginLimits.failuresPerMinute,
      revealTakenEmail,
      onInstallationFull: () => flood.noteRefusal(),
    });
    return {
      unknownIdentifiers,
      attemptLog,
      attempts: new LoginAttemptsService(deps),
      habits: new LoginHabits(deps),
      flow,
      risk,
      mailedLinks: new MailedLinkLogins({ ...deps, flow }),
      addressLogins: new AddressLogins(),
      login,
      passkeyLogin: new PasskeyLogin({ ...deps, assertions, secondFactors, flow, risk }),
      secondFactors,
      confirmations: new ConfirmationService({ ...deps, flow }),
      denial: new LoginDenial({ ...deps, cleanup, factorResets, attempts: attemptLog }),
      cleanup,
      stepUp: new StepUpService({ ...deps, codes, passkeys: assertions }),
      mfa: new MfaService(deps),
      totp,
      backupCodes,
      emailCodes,
      passkeys,
      assertions,
      factorResets,
      adminFactorResets: new AdminFactorResets({ ...deps, resets: factorResets }),
    };
  },
  resolvers: (deps) => [
    new LoginResolver(deps),
    new SecondFactorResolver(deps),
    new ConfirmationResolver(deps),
    new LoginProgressSubscription(deps),
    new StepUpResolver(deps),
    new FactorResetsResolver(deps),
    new UserFactorResetResolver(deps),
    new AdminFactorResetsResolver(deps),
    new MfaResolver(deps),
    new TotpResolver(deps),
    new BackupCodesResolver(deps),
    new EmailCodesResolver(deps),
    new PasskeysResolver(deps),
    new UserPasskeysResolver(deps),
    new LoginAttemptsResolver(deps),
    new UserLoginAttemptsResolver(deps),
    new TenantLoginAttemptsResolver(deps),
  ],
  nodes: ({ attempts, passkeys, adminFactorResets }) => [
    loginAttemptNodes(attempts),
    passkeyNodes(passkeys),
    factorResetNodes(adminFactorResets),
  ],
  jobs: ({ config, db, clock, emailCodes, passkeys, factorResets, habits, unknownIdentifiers }) => ({
    recurring: {
      "sweep-email-codes": { crontab: "31 * * * *", run: () => emailCodes.sweep() },
      "sweep-passkey-challenges": { crontab: "37 * * * *", run: () => passkeys.sweep() },
      "digest-identifiers": { crontab: "19 2 * * *", run: () => unknownIdentifiers.digestStored(db) },
      "handle-factor-resets": { crontab: "*/15 * * * *", run: () => factorResets.handleDue() },
      "drop-login-attempts": {
        crontab: "33 3 * * *",
        run: async () => {
          const cutoff = after(clock.now(), -config.loginAttemptDays * DAY);
          // The risk assessment uses successful logins of any age, so their summary is kept.
          await habits.fold(cutoff);
          await dropOldPartitions(db, "login_attempts", cutoff);
        },
      },
    },
  }),
  hooks: ({ db, limits, cleanup, factorResets, links, tenantEntry }, on) => {
    links.register(LINK_PURPOSES);
    tenantEntry.askAboutFactors(async (userId) => {
      const mfa = await findMfa(db, userId);
      return mfa !== null && isMfaEnabled(mfa);
    });
    on(passwordReset, async (tx, { user, client }) => {
      // Failed guesses of an attacker no longer delay the owner's login.
      await limits.refund(tx, { reset: [...userKeys(user.id), consecutiveCodesKey(user.id)] });
      await cleanup.removeSuspicious(tx, user, client);
      // A pending factor reset may have been requested by the attacker who made the owner change the password.
      await factorResets.cancel(tx, user, client);
    });
  },
});

/** Counts logins and warns about floods of failures. */
const watchLogins = ({ clock, log, metrics }: Platform, perMinute: number) => {
  const logins = metrics.counter({
    name: "portcullis_logins_total",
    help: "Login attempts, by outcome.",
    labelNames: ["outcome"],
  });
  const floods = metrics.counter({
    name: "portcullis_login_floods_total",
    help: "Minutes in which more logins failed on this replica than LOGIN_ALERT_PER_MINUTE, or in which the limit for the whole installation rejected some.",
  });
  const refusalDelays = metrics.histogram({
    name: "portcullis_login_refusal_delay_seconds",
    help: "Delay added to rejected logins so that their duration does not reveal how the password is stored.",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  });
  const flood = new FloodAlert({
    clock,
    perMinute,
    onFlood: (seen) => {
      floods.inc();
      log.warn(seen, "many logins failed within a minute on this replica");
    },
  });
  return {
    flood,
    onOutcome: (outcome: LoginOutcome): void => {
      logins.inc({ outcome });
      if (outcome === "FAILED" || outcome === "LOCKED") flood.noteFailure();
    },
    wait: async (milliseconds: number): Promise<void> => {
      refusalDelays.observe(milliseconds / 1_000);
      await delay(milliseconds);
    },
  };
};
