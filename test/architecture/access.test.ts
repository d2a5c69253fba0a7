import { eq, sql } from "drizzle-orm";
import { buildSchema } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "#features/devices/index";
import { suspendedChanges } from "#features/incidents/suspended-changes.table";
import { factorResets } from "#features/login/resets/factor-resets.table";
import { memberships } from "#features/memberships/memberships.table";
import { passwords } from "#features/passwords/index";
import { tenants } from "#features/tenants/index";
import type { User } from "#features/users/index";
import { printServedSchema } from "#graphql/schema";
import { HOUR, MINUTE } from "#shared/durations";
import type { ErrorCode, ErrorReason } from "#shared/errors";
import type { FactorResetId, SuspendedChangeId } from "#shared/ids";
import { ROLES } from "#shared/roles";
import { SoftwareAuthenticator } from "../support/clients/authenticator.ts";
import { AuthenticatorApp, beginLogin } from "../support/clients/factors.ts";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import { connect, eventually } from "../support/clients/live.ts";
import { operationOf, rootFieldsOf } from "../support/clients/root-fields.ts";
import { guardedSelections } from "../support/clients/selections.ts";
import {
  authorizeAtProvider,
  newProviderUser,
  PROVIDER,
  REDIRECT_URI,
  socialSettings,
} from "../support/clients/social.ts";
import { beginChallenge } from "../support/factories/challenges.ts";
import { snapshotOf } from "../support/factories/database-snapshot.ts";
import { purposeNamed } from "../support/factories/links.ts";
import { addMembership, workIn } from "../support/factories/memberships.ts";
import { membershipOf } from "../support/factories/roles.ts";
import { addSocialAccount } from "../support/factories/social-accounts.ts";
import { ANONYMOUS, CLIENT, signIn, viewerOf } from "../support/factories/stored-users.ts";
import { addUser, createMember, createTenant, submitRegistration } from "../support/factories/tenants.ts";
import { newAddress, newEmail, newPassword, register, type SignedInUser, tokenIn } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/oidc-provider.ts";
import { type SapSystem, startSapSystem } from "../support/servers/sap.ts";

/**
 * The access rules. Each root field of the served schema has a row here: a new field without one fails, and so does a row without a
 * field. Every cell is a real call over HTTP by a new caller about a new person; a refused call must also have changed nothing.
 */

const CALLERS = ["nobody", "user", "admin", "operator", "stale", "suspended", "ended", "pending", "stranger"] as const;
/** Callers with two tenants; each gets the outcome of one of the others, unless a row says otherwise. */
const AS = { guest: "user", visitor: "stranger", former: "suspended" } as const satisfies Record<string, Caller>;
/**
 * `stale` is an admin whose proof of a credential is eleven minutes old. `suspended` and `ended` hold an access token that has not
 * expired, of a suspended user or an ended session. `pending` is an admin whose login waits for a second factor, and who sends its
 * challenge instead of an access token. `stranger` is the admin of another tenant, who uses this tenant's ids.
 *
 * `guest` is a member of this tenant without roles, and the admin of another one, their home tenant, with a token for this tenant;
 * `visitor` is the same person with a token for the home tenant. `former` was an admin of this tenant in addition, was removed from it,
 * and holds a token for it that has not expired.
 */
type Caller = (typeof CALLERS)[number];
type AnyCaller = Caller | keyof typeof AS;

type AccessOutcome = "allowed" | ErrorCode | `${ErrorCode}/${ErrorReason}`;

interface Scene {
  readonly client: GraphQLClient;
  /** The caller, if signed in. */
  readonly caller: SignedInUser | null;
  /** A user of the tenant of all callers except the stranger. */
  readonly victim: SignedInUser;
}

type Row = Readonly<Record<Caller, AccessOutcome>> &
  Readonly<Partial<Record<keyof typeof AS, AccessOutcome>>> & {
    /** Arguments that are valid for every allowed caller; for a mutation, its input. */
    readonly args?: (scene: Scene) => Record<string, unknown> | Promise<Record<string, unknown>>;
  };

const outcomeFor = (row: Row, caller: AnyCaller): AccessOutcome =>
  caller in AS ? (row[caller] ?? row[AS[caller as keyof typeof AS]]) : (row[caller] as AccessOutcome);

const everybody = (outcome: AccessOutcome): Record<Caller, AccessOutcome> =>
  Object.fromEntries(CALLERS.map((caller) => [caller, outcome])) as Record<Caller, AccessOutcome>;

const PUBLIC = everybody("allowed");
const SIGNED_IN = {
  ...PUBLIC,
  nobody: "UNAUTHENTICATED",
  suspended: "UNAUTHENTICATED",
  ended: "UNAUTHENTICATED",
  pending: "UNAUTHENTICATED",
} as const satisfies Record<Caller, AccessOutcome>;
const ADMINS = { ...SIGNED_IN, user: "FORBIDDEN/MISSING_PERMISSION" } as const satisfies Record<Caller, AccessOutcome>;
const OPERATORS = {
  ...ADMINS,
  admin: "FORBIDDEN/MISSING_PERMISSION",
  stale: "FORBIDDEN/MISSING_PERMISSION",
  stranger: "FORBIDDEN/MISSING_PERMISSION",
} as const satisfies Record<Caller, AccessOutcome>;
/** Requires a recent proof of a credential. */
const PROVED = { stale: "REAUTHENTICATION_REQUIRED" } as const;
/** Admins, about a user of their tenant. */
const ADMINS_OVER = { ...ADMINS, stranger: "NOT_FOUND" } as const satisfies Record<Caller, AccessOutcome>;

/** Admins, about data of their tenant. */
const OWN_TENANT = ADMINS_OVER;
const NOT_SIGNED_IN = {
  nobody: "UNAUTHENTICATED",
  suspended: "UNAUTHENTICATED",
  ended: "UNAUTHENTICATED",
  pending: "UNAUTHENTICATED",
} as const;

const ownPassword = ({ caller }: Scene): string => caller?.password ?? newPassword();
/** Another tenant, because a caller's own tenant cannot be suspended. */
const anotherTenant = async () => ({ tenantId: (await createTenant(app)).id });
const ofVictim = ({ victim }: Scene) => ({ userId: victim.id });

let app: TestApp;
let sapSystem: SapSystem;
let identityProvider: OidcProvider;

const userOf = ({ id }: SignedInUser): Promise<User> => app.app.users.get(id as User["id"]);

/** The victim's membership in their tenant. */
const memberOf = async ({ victim }: Scene) => ({ membershipId: await membershipOf(app, victim) });

/** A role that the victim's tenant created. */
const roleOf = async ({ victim }: Scene) => {
  const { tenantId } = await userOf(victim);
  const admin = await signIn(app, await addUser(app, { id: tenantId }, { roles: ["USER", "ADMIN"] }));
  const { id } = await app.app.roles.create(admin, { name: newEmail("role"), permissions: [] });
  return { roleId: id };
};

/** An export from the victim's tenant. */
const exportOf = async ({ victim }: Scene) => {
  const { tenantId } = await userOf(victim);
  const admin = await signIn(app, await addUser(app, { id: tenantId }, { roles: ["USER", "ADMIN"] }));
  return { exportId: (await app.app.exports.create(admin, { kind: "USERS", filter: {} }, "CSV")).id };
};

/** An invitation into the victim's tenant. */
const invited = async ({ victim }: Scene) => {
  const { tenantId } = await userOf(victim);
  const admin = await signIn(app, await addUser(app, { id: tenantId }, { roles: ["USER", "ADMIN"] }));
  return app.app.invitations.invite(admin, { email: newEmail() });
};

/** The token of a link, as a mail contains it. */
const linkOf = async (user: User, name: string, payload: object = {}): Promise<string> => {
  const { db, links } = app.app;
  const purpose = purposeNamed(name);
  return links.tokenOf(await db.transaction((tx) => links.issue(tx, { user, purpose, payload })));
};

/** Shows a secret that waits for its first code. It uses the services, so that it also works for callers that the API refuses. */
const showTotp = async (owner: SignedInUser): Promise<{ authenticator: AuthenticatorApp; backupCodes: string[] }> => {
  const { secret, backupCodes } = await app.app.totp.enable(await viewerOf(app, owner));
  return { authenticator: new AuthenticatorApp(secret), backupCodes };
};

const turnTotpOn = async (owner: SignedInUser) => {
  const shown = await showTotp(owner);
  await app.app.totp.confirm(await viewerOf(app, owner), CLIENT, shown.authenticator.code(app.clock.now()));
  return shown;
};

/** A pending reset of lost factors. */
const requestReset = async ({ id }: SignedInUser, requestedBy: User["id"] | null = null): Promise<string> => {
  const { clock, app: services } = app;
  const { tenantId } = await services.users.get(id as User["id"]);
  const now = clock.now();
  const resetId = services.ids.next<FactorResetId>();
  await services.db.insert(factorResets).values({
    id: resetId,
    tenantId,
    userId: id as User["id"],
    origin: requestedBy === null ? "USER" : "ADMIN",
    requestedBy,
    requestedAt: now,
    dueAt: new Date(now.getTime() + 72 * HOUR),
    notifiedAt: now,
  });
  return resetId;
};

/** A suspended change of the caller. */
const suspendedChange = async ({ caller }: Scene) => {
  const id = app.app.ids.next<SuspendedChangeId>();
  const now = app.clock.now();
  if (caller) {
    const { id: userId, tenantId } = await userOf(caller);
    const change = { kind: "EMAIL", email: newEmail() } as const;
    await app.app.db
      .insert(suspendedChanges)
      .values({ id, tenantId, userId, kind: "EMAIL", change, madeAt: now, suspendedAt: now });
  }
  return { suspendedChangeId: id };
};

/** A reset requested by another admin; both that admin and the caller have been admins for long enough. */
const resetByAnotherAdmin = async ({ caller, victim }: Scene): Promise<string> => {
  const { tenantId } = await userOf(victim);
  const admin = await addUser(app, { id: tenantId }, { roles: ["USER", "ADMIN"] });
  if (caller)
    await app.app.db.execute(
      sql`update role_grants set granted_at = granted_at - interval '8 days' where user_id = ${caller.id}::uuid`,
    );
  return requestReset(victim, admin.id);
};

const ORIGIN = "https://id.example.test";

/** A passkey whose registration was started on the caller's session and completed by a browser. */
const makePasskey = async (owner: SignedInUser, device = new SoftwareAuthenticator()) => {
  const { challenge, publicKey } = await app.app.passkeys.startRegistration(await viewerOf(app, owner));
  return { challenge, response: device.create(publicKey, { origin: ORIGIN }) };
};

const addPasskey = async (owner: SignedInUser, device?: SoftwareAuthenticator): Promise<string> => {
  const made = await makePasskey(owner, device);
  return (await app.app.passkeys.finishRegistration(await viewerOf(app, owner), CLIENT, made)).id;
};

/** A trusted device of this user: the device of the first login. */
const trustDevice = async ({ id }: SignedInUser): Promise<string> => {
  const [device] = await app.app.db
    .update(devices)
    .set({ trustedAt: app.clock.now() })
    .where(eq(devices.userId, id as User["id"]))
    .returning({ id: devices.id });
  return device?.id ?? "";
};

/** A login of the victim after the password step. */
const begunLogin = async ({ victim }: Scene): Promise<string> => (await beginLogin(app.client(), victim)).challenge;

/** A login of the victim that waits for a mailed code, because the tenant requires a second factor and the user has no other one. */
const begunLoginByMail = async (scene: Scene): Promise<string> => {
  const { tenantId } = await userOf(scene.victim);
  await app.app.db.update(tenants).set({ requireSecondFactor: true }).where(eq(tenants.id, tenantId));
  return begunLogin(scene);
};

/** A login of the victim that waits for confirmation by mail: its challenge and number, and the token of the mailed link. */
const waitingLogin = async (scene: Scene): Promise<{ challenge: string; number: string; token: string }> => {
  const { tenantId } = await userOf(scene.victim);
  await app.app.db.update(tenants).set({ confirmLoginAtRisk: 0 }).where(eq(tenants.id, tenantId));
  // From a separate address, because a denial makes the address suspicious.
  const client = app.client({ "x-forwarded-for": newAddress() });
  const { challenge, number } = await beginLogin(client, scene.victim);
  const token = tokenIn(await app.mail.waitForMail({ to: scene.victim.email, subject: /^Was that you/ }));
  return { challenge, number, token };
};

const QUERIES: Readonly<Record<string, Row>> = {
  // Null for all other users, except admins.
  node: { ...SIGNED_IN, args: ({ victim }) => ({ id: victim.id }) },
  // The same as for `node`.
  _entities: {
    ...SIGNED_IN,
    args: ({ victim }) => ({ representations: [{ __typename: "User", id: victim.id }] }),
  },
  // Available if introspection is on.
  _service: PUBLIC,
  me: SIGNED_IN,
  sessionHistory: SIGNED_IN,
  sessions: SIGNED_IN,
  session: {
    ...SIGNED_IN,
    args: ({ victim }) => ({ id: victim.sessionId }),
  },
  authSettings: PUBLIC,
  errorCatalog: PUBLIC,
  securityEvents: { ...ADMINS_OVER, args: ({ victim }) => ({ filter: { userId: victim.id } }) },
  tenant: SIGNED_IN,
  viewer: SIGNED_IN,
  permissions: SIGNED_IN,
  tenants: OPERATORS,
  allSessions: { ...ADMINS_OVER, args: ({ victim }) => ({ filter: { userId: victim.id } }) },
  users: ADMINS,
  // Null for admins of other tenants.
  user: { ...ADMINS, args: ({ victim }) => ({ id: victim.id }) },
  registrations: ADMINS,
  factorResets: ADMINS,
  suspendedChanges: SIGNED_IN,
  invitations: ADMINS,
  membershipInvitations: SIGNED_IN,
  loginAttempts: { ...ADMINS_OVER, args: ({ victim }) => ({ filter: { userId: victim.id } }) },
};

/** A registration that waits for the decision of the victim's tenant. */
const applicationTo = async ({ victim }: Scene) => {
  const { db, tenants: known } = app.app;
  const tenant = await known.get((await userOf(victim)).tenantId);
  await db.update(tenants).set({ registration: "APPROVAL" }).where(eq(tenants.id, tenant.id));
  return { registrationId: await submitRegistration(app, tenant) };
};

const withTotp = async ({ caller }: Scene): Promise<Record<string, unknown>> => {
  if (caller) await turnTotpOn(caller);
  return {};
};

const ownPasskey = async ({ caller }: Scene): Promise<Record<string, unknown>> => ({
  passkeyId: caller ? await addPasskey(caller) : "",
});

/** The callback of a person who is unknown here. */
const backFromProvider = async ({ client }: Scene) => ({
  ...(await authorizeAtProvider(client, newProviderUser(identityProvider).subject)),
});

const MUTATIONS: Readonly<Record<string, Row>> = {
  validateToken: { ...PUBLIC, args: ({ victim }) => ({ token: victim.client.accessToken }) },
  checkPasswordResetToken: {
    ...PUBLIC,
    args: async ({ victim }) => ({ token: await linkOf(await userOf(victim), "reset-password") }),
  },
  checkPendingLogin: { ...PUBLIC, args: async (scene) => ({ challenge: await begunLoginByMail(scene) }) },
  register: { ...PUBLIC, args: () => ({ email: newEmail(), password: newPassword() }) },
  setHomeTenant: {
    ...SIGNED_IN,
    ...PROVED,
    args: async ({ caller }) => ({ tenantId: caller ? (await userOf(caller)).tenantId : "" }),
  },
  addTenantDomain: {
    ...OPERATORS,
    args: async ({ victim }) => ({ tenantId: (await userOf(victim)).tenantId, domain: `${victim.id}.example` }),
  },
  removeTenantDomain: {
    ...OPERATORS,
    args: async ({ victim }) => {
      const { tenantId } = await userOf(victim);
      const domain = `${victim.id}.example`;
      await app.app.db.execute(sql`
        insert into tenant_domains (domain, tenant_id, recorded_at) values (${domain}, ${tenantId}::uuid, now())`);
      return { tenantId, domain };
    },
  },
  onboardTenant: {
    ...PUBLIC,
    args: () => ({ companyName: "Acme", adminEmail: newEmail(), adminName: "Ada", password: newPassword() }),
  },
  acceptInvitation: {
    ...PUBLIC,
    args: async (scene) => {
      const { email } = await invited(scene);
      const token = tokenIn(await app.mail.waitForMail({ to: email }));
      return { token, password: newPassword() };
    },
  },
  resendVerificationEmail: { ...PUBLIC, args: () => ({ email: newEmail() }) },
  requestPasswordReset: { ...PUBLIC, args: () => ({ email: newEmail() }) },
  // The mailed link is the proof, for any caller.
  verifyEmail: {
    ...PUBLIC,
    args: async () => {
      const password = newPassword();
      return { token: await register(app, { email: newEmail(), password }), password };
    },
  },
  confirmEmailChange: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      token: await linkOf(await userOf(victim), "change-email", { email: newEmail() }),
    }),
  },
  undoEmailChange: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      token: await linkOf(await userOf(victim), "undo-email-change", { email: newEmail() }),
      proof: { deviceToken: victim.client.deviceToken },
    }),
  },
  keepEmailChange: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      token: await linkOf(await userOf(victim), "undo-email-change", { email: newEmail() }),
      deviceToken: victim.client.deviceToken,
    }),
  },
  requestFactorReset: {
    ...PUBLIC,
    args: async ({ victim }) => {
      await turnTotpOn(victim);
      return { challenge: (await beginLogin(app.client(), victim)).challenge };
    },
  },
  cancelFactorReset: {
    ...PUBLIC,
    args: async ({ victim }) => {
      await requestReset(victim);
      return { token: await linkOf(await userOf(victim), "cancel-factor-reset") };
    },
  },
  cancelOwnFactorReset: {
    ...SIGNED_IN,
    ...PROVED,
    args: async ({ caller }) => {
      if (caller) await requestReset(caller);
      return {};
    },
  },
  resetPassword: {
    ...PUBLIC,
    args: async ({ victim }) => ({
      token: await linkOf(await userOf(victim), "reset-password"),
      newPassword: newPassword(),
    }),
  },
  login: {
    ...PUBLIC,
    args: ({ victim }) => ({ identifier: victim.email, password: victim.password }),
  },
  refreshToken: { ...PUBLIC, args: ({ victim }) => ({ refreshToken: victim.client.refreshToken }) },
  // The challenge of a login after the password step is the other half of the proof, for any caller.
  verifyTotp: {
    ...PUBLIC,
    args: async (scene) => {
      const { authenticator } = await turnTotpOn(scene.victim);
      const challenge = await begunLogin(scene);
      return { challenge, code: authenticator.code(app.clock.now(), 1) };
    },
  },
  verifyBackupCode: {
    ...PUBLIC,
    args: async (scene) => {
      const { backupCodes } = await turnTotpOn(scene.victim);
      return { challenge: await begunLogin(scene), code: backupCodes[0] };
    },
  },
  verifyEmailCode: {
    ...PUBLIC,
    args: async (scene) => {
      const challenge = await begunLoginByMail(scene);
      const { subject } = await app.mail.waitForMail({ to: scene.victim.email, subject: /login code/ });
      return { challenge, code: /\d{6}/.exec(subject ?? "")?.[0] };
    },
  },
  sendEmailCode: {
    ...PUBLIC,
    args: async (scene) => {
      const challenge = await begunLoginByMail(scene);
      app.clock.advance(MINUTE);
      return { challenge };
    },
  },
  checkLoginLink: { ...PUBLIC, args: async (scene) => ({ token: (await waitingLogin(scene)).token }) },
  confirmLogin: {
    ...PUBLIC,
    args: async (scene) => {
      const { token, number } = await waitingLogin(scene);
      return { token, number };
    },
  },
  denyLogin: { ...PUBLIC, args: async (scene) => ({ token: (await waitingLogin(scene)).token }) },
  // For the client that started the login, which holds the challenge.
  resumeLogin: { ...PUBLIC, args: async (scene) => ({ challenge: (await waitingLogin(scene)).challenge }) },
  startPasskeyLogin: PUBLIC,
  finishPasskeyLogin: {
    ...PUBLIC,
    args: async ({ victim }) => {
      const device = new SoftwareAuthenticator();
      await addPasskey(victim, device);
      const { challenge, publicKey } = await app.app.passkeyLogin.start(null);
      return { challenge, response: device.get(publicKey, { origin: ORIGIN }) };
    },
  },
  startSocialLogin: { ...PUBLIC, args: () => ({ provider: PROVIDER, redirectUri: REDIRECT_URI }) },
  // The client that started the authorization request becomes the user of the provider account, whichever user is signed in there.
  finishSocialLogin: { ...PUBLIC, args: backFromProvider },
  linkSocialAccount: { ...SIGNED_IN, ...PROVED, args: backFromProvider },
  unlinkSocialAccount: {
    ...SIGNED_IN,
    ...PROVED,
    args: async ({ caller }) => {
      if (caller) await addSocialAccount(app, await userOf(caller), PROVIDER);
      return { provider: PROVIDER };
    },
  },
  enableTotp: { ...SIGNED_IN, ...PROVED },
  confirmTotp: {
    ...SIGNED_IN,
    args: async ({ caller }) => ({ code: caller ? (await showTotp(caller)).authenticator.code(app.clock.now()) : "" }),
  },
  disableTotp: { ...SIGNED_IN, ...PROVED, args: withTotp },
  regenerateBackupCodes: { ...SIGNED_IN, ...PROVED, args: withTotp },
  setPreferredFactor: {
    ...SIGNED_IN,
    args: async (scene) => ({ ...(await withTotp(scene)), factor: "TOTP" }),
  },
  startPasskeyRegistration: { ...SIGNED_IN, ...PROVED },
  finishPasskeyRegistration: {
    ...SIGNED_IN,
    args: async ({ caller }) => (caller ? await makePasskey(caller) : { challenge: "", response: {} }),
  },
  updatePasskey: { ...SIGNED_IN, args: async (scene) => ({ ...(await ownPasskey(scene)), name: "Another" }) },
  removePasskey: { ...SIGNED_IN, ...PROVED, args: ownPasskey },
  removeDevice: {
    ...SIGNED_IN,
    args: async ({ caller }) => ({ knownDeviceId: caller ? await trustDevice(caller) : "" }),
  },
  // For users without another login method.
  sendReauthenticationCode: {
    ...SIGNED_IN,
    args: async ({ caller }) => {
      if (caller) await app.app.db.delete(passwords).where(eq(passwords.userId, caller.id as User["id"]));
      return {};
    },
  },
  reauthenticate: { ...SIGNED_IN, args: (scene) => ({ password: ownPassword(scene) }) },
  logout: SIGNED_IN,
  logoutAll: SIGNED_IN,
  deleteSession: {
    ...SIGNED_IN,
    user: "FORBIDDEN/NOT_SESSION_OWNER",
    stranger: "NOT_FOUND",
    args: ({ victim }) => ({ sessionId: victim.sessionId }),
  },
  changeUsername: {
    ...SIGNED_IN,
    args: (scene) => ({ username: `u${Math.random().toString(36).slice(2, 12)}`, password: ownPassword(scene) }),
  },
  changePassword: {
    ...SIGNED_IN,
    args: (scene) => ({ currentPassword: ownPassword(scene), newPassword: newPassword() }),
  },
  changeEmail: { ...SIGNED_IN, ...PROVED, args: () => ({ newEmail: newEmail() }) },
  cancelEmailChange: {
    ...SIGNED_IN,
    args: async ({ caller }) => {
      if (caller) await linkOf(await userOf(caller), "change-email", { email: newEmail() });
      return {};
    },
  },
  updateProfile: { ...SIGNED_IN, args: () => ({ name: "Somebody Else" }) },
  // A tenant with users keeps an admin.
  deleteAccount: {
    ...SIGNED_IN,
    admin: "CONFLICT/LAST_ADMIN",
    stale: "CONFLICT/LAST_ADMIN",
    args: (scene) => ({ password: ownPassword(scene) }),
  },
  // Into the caller's tenant.
  inviteUser: { ...ADMINS, args: () => ({ email: newEmail() }) },
  revokeInvitation: { ...ADMINS_OVER, args: async (scene) => ({ invitationId: (await invited(scene)).id }) },
  acceptMembership: {
    ...everybody("NOT_FOUND"),
    ...NOT_SIGNED_IN,
    args: async (scene) => ({ invitationId: (await invited(scene)).id }),
  },
  declineMembership: {
    ...everybody("NOT_FOUND"),
    ...NOT_SIGNED_IN,
    args: async (scene) => ({ invitationId: (await invited(scene)).id }),
  },
  leaveTenant: { ...everybody("NOT_FOUND"), ...NOT_SIGNED_IN, args: () => ({ tenantId: ANONYMOUS }) },
  issueAccessToken: {
    ...everybody("INVALID_REFRESH_TOKEN"),
    ...NOT_SIGNED_IN,
    args: () => ({ tenantId: ANONYMOUS, refreshToken: "none" }),
  },
  setMemberRoles: { ...ADMINS_OVER, ...PROVED, args: async (scene) => ({ ...(await memberOf(scene)), roleIds: [] }) },
  suspendMember: { ...ADMINS_OVER, args: memberOf },
  reactivateMember: { ...ADMINS_OVER, args: memberOf },
  allowMemberEntry: { ...ADMINS_OVER, ...PROVED, args: memberOf },
  removeMember: { ...ADMINS_OVER, args: memberOf },
  createRole: { ...ADMINS, ...PROVED, args: () => ({ name: newEmail("role"), permissions: [] }) },
  updateRole: {
    ...OWN_TENANT,
    ...PROVED,
    args: async (scene) => ({ ...(await roleOf(scene)), name: newEmail("role") }),
  },
  deleteRole: { ...OWN_TENANT, ...PROVED, args: roleOf },
  // From the caller's tenant.
  createExport: { ...ADMINS, ...PROVED, args: () => ({ content: { users: {} }, format: "CSV" }) },
  deleteExport: { ...OWN_TENANT, args: exportOf },
  setOperator: { ...OPERATORS, args: ({ victim }) => ({ userId: victim.id, isOperator: true }) },
  updateUser: { ...ADMINS_OVER, args: ({ victim }) => ({ userId: victim.id, name: "Somebody Else" }) },
  deleteUser: { ...ADMINS_OVER, ...PROVED, args: ofVictim },
  suspendUser: { ...ADMINS_OVER, args: ofVictim },
  reactivateUser: { ...ADMINS_OVER, args: ofVictim },
  revokeUserSessions: { ...ADMINS_OVER, args: ofVictim },
  approveRegistration: { ...ADMINS_OVER, args: applicationTo },
  confirmSuspendedChange: { ...SIGNED_IN, ...PROVED, args: suspendedChange },
  removeSuspendedChange: { ...SIGNED_IN, ...PROVED, args: suspendedChange },
  resetSecondFactors: { ...ADMINS_OVER, ...PROVED, args: ({ victim }) => ({ userId: victim.id }) },
  approveFactorReset: {
    ...ADMINS_OVER,
    ...PROVED,
    args: async (scene) => ({ factorResetId: await resetByAnotherAdmin(scene) }),
  },
  rejectRegistration: { ...ADMINS_OVER, args: applicationTo },
  requirePasswordReset: { ...ADMINS_OVER, args: ofVictim },
  // In the caller's tenant. The stranger connects their own tenant, whatever ids are sent.
  updateSapSystem: {
    ...ADMINS,
    ...PROVED,
    args: () => ({ baseUrl: sapSystem.baseUrl, credentials: { basic: sapSystem.login } }),
  },
  updateSecurityPolicy: { ...ADMINS, ...PROVED, args: () => ({ passwordMinLength: 12 }) },
  updateTenantBrand: { ...ADMINS, ...PROVED, args: () => ({ name: "Acme" }) },
  suspendTenant: { ...OPERATORS, args: anotherTenant },
  reactivateTenant: { ...OPERATORS, args: anotherTenant },
};

const SUBSCRIPTIONS: Readonly<Record<string, Row>> = {
  // The caller's own events.
  securityEventOccurred: SIGNED_IN,
  membershipChanged: SIGNED_IN,
  // Allowed without a token; with an invalid one no socket stays open, for any subscription.
  loginProgressed: {
    ...PUBLIC,
    suspended: "UNAUTHENTICATED",
    ended: "UNAUTHENTICATED",
    pending: "UNAUTHENTICATED",
    args: async (scene) => ({ challenge: await begunLoginByMail(scene) }),
  },
};

const ROWS: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  query: QUERIES,
  mutation: MUTATIONS,
  subscription: SUBSCRIPTIONS,
};

/** The same user with another session, which the services use to prepare a row, because the session of the access token has ended. */
const elsewhere = async (actor: SignedInUser): Promise<SignedInUser> => {
  const { session } = await signIn(app, await userOf(actor));
  return { ...actor, sessionId: session.id };
};

const callerFor = async (kind: AnyCaller): Promise<{ caller: SignedInUser | null; victim: SignedInUser }> => {
  const tenant = await createTenant(app);
  const victim = await createMember(app, tenant);
  const call = async (): Promise<SignedInUser | null> => {
    switch (kind) {
      case "nobody":
        return null;
      case "user":
        return createMember(app, tenant);
      case "admin":
      case "pending":
        return createMember(app, tenant, "ADMIN");
      case "operator":
        return createMember(app, tenant, "OPERATOR");
      case "stranger":
        return createMember(app, await createTenant(app), "ADMIN");
      case "guest":
      case "visitor":
      case "former": {
        const person = await createMember(app, await createTenant(app), "ADMIN");
        const { id } = await addMembership(app, tenant, person, ...(kind === "former" ? ["ADMIN"] : []));
        if (kind !== "visitor") await workIn(app, tenant, person);
        if (kind === "former") await app.app.db.delete(memberships).where(eq(memberships.id, id));
        return person;
      }
      case "stale": {
        const admin = await createMember(app, tenant, "ADMIN");
        app.clock.advance(11 * MINUTE);
        return admin;
      }
      case "suspended": {
        const [admin, user] = [await createMember(app, tenant, "ADMIN"), await createMember(app, tenant, "ADMIN")];
        await admin.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }", {
          id: user.id,
        });
        return elsewhere(user);
      }
      case "ended": {
        const admin = await createMember(app, tenant, "ADMIN");
        await admin.client.ask("mutation { logout { endedSessionId } }");
        return elsewhere(admin);
      }
    }
  };
  return { caller: await call(), victim };
};

let visitors = 0;

const sceneOf = async (kind: AnyCaller): Promise<Scene> => {
  const { caller, victim } = await callerFor(kind);
  // Each caller has a separate address, so that the limits count one call.
  const client = app.client({ "x-forwarded-for": `198.51.${Math.floor(visitors / 250)}.${(visitors++ % 250) + 1}` });
  client.accessToken = caller?.client.accessToken ?? null;
  return { client, caller, victim };
};

const outcomeOf = async (client: GraphQLClient, operation: string, args: Record<string, unknown>): Promise<string> => {
  const { data, errors } = await client.send(operation, args);
  const [error] = errors;
  if (!error) return data === null ? "no answer" : "allowed";
  const { code, reason } = error.extensions;
  return reason === undefined ? code : `${code}/${reason}`;
};

/** Over a socket on which the caller authenticates as clients do. If the socket is refused, the caller is not signed in. */
const outcomeOfSubscription = async (
  client: GraphQLClient,
  operation: string,
  args: Record<string, unknown>,
): Promise<string> => {
  const live = await connect(app, client.accessToken === null ? null : { client });
  const followers = () => app.app.securityEventFeed.followers;
  const before = followers();
  const { results, stop } = live.subscribe(operation, args);
  const first = await eventually(() => {
    if (live.closed) return live.closed.code === 4401 || live.closed.code === 4403 ? "UNAUTHENTICATED" : "closed";
    const [result] = results;
    const [error] = result?.errors ?? [];
    if (error) return error.extensions.code;
    return (result || followers() > before) && "allowed";
  }, "an answer");
  stop();
  await live.stop();
  return first;
};

describe("access", () => {
  beforeAll(async () => {
    sapSystem = await startSapSystem();
    identityProvider = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
    app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, ...socialSettings({ [PROVIDER]: identityProvider }) } });
  });
  afterAll(async () => {
    await app.stop();
    await sapSystem.stop();
    await identityProvider.stop();
  });

  it("has a row for every root field, and no other row", () => {
    const fields = rootFieldsOf(app.app.schema).map(({ kind, name }) => `${kind} ${name}`);
    const rows = Object.entries(ROWS).flatMap(([kind, ofKind]) => Object.keys(ofKind).map((name) => `${kind} ${name}`));
    expect(rows.toSorted()).toEqual(fields.toSorted());
  });

  it("covers all roles", () => {
    expect(ROLES).toEqual(["USER", "ADMIN", "OPERATOR"]);
  });

  const cells = Object.entries(ROWS).flatMap(([kind, rows]) =>
    Object.entries(rows).flatMap(([name, row]) =>
      [...CALLERS, ...(Object.keys(AS) as (keyof typeof AS)[])].map((caller) => [kind, name, caller, row] as const),
    ),
  );

  it.each(cells)("of %s %s by %s", async (kind, name, caller, row) => {
    const field = rootFieldsOf(app.app.schema).find((one) => one.kind === kind && one.name === name);
    if (!field) throw new Error("The field does not exist.");
    const scene = await sceneOf(caller);
    const given = (await row.args?.(scene)) ?? {};
    const args = kind === "mutation" && field.field.args.length > 0 ? { input: given } : given;
    // After the row's change of the user's factors, because that ends pending logins.
    if (caller === "pending" && scene.caller)
      scene.client.accessToken = (await beginChallenge(app, scene.caller)).token;
    const before = await snapshotOf(app, [scene.caller, scene.victim]);
    const ask = kind === "subscription" ? outcomeOfSubscription : outcomeOf;
    const outcome = outcomeFor(row, caller);
    expect(await ask(scene.client, operationOf(field), args)).toBe(outcome);
    if (outcome !== "allowed") expect(await snapshotOf(app, [scene.caller, scene.victim])).toEqual(before);
  });

  const guarded = guardedSelections(buildSchema(printServedSchema()));
  it("covers the fields with @auth below the root", () => {
    expect([...guarded.keys()]).toEqual(
      expect.arrayContaining(["Tenant.exports", "Tenant.members", "Tenant.statistics"]),
    );
  });

  it.each([...guarded])("of %s requires the tenant's permission, also below a public field", async (path, asked) => {
    const root = path.startsWith("User.") ? "me" : "tenant";
    const ofOwn = async (kind: AnyCaller) => outcomeOf((await sceneOf(kind)).client, `{ ${root} { ${asked} } }`, {});
    expect(await ofOwn("admin")).toBe("allowed");
    for (const kind of ["user", "guest"] as const) expect(await ofOwn(kind)).toBe("FORBIDDEN/MISSING_PERMISSION");
    // The field of the home tenant, of which the caller is an admin.
    expect(await ofOwn("visitor")).toBe("allowed");
    expect(await ofOwn("former")).toBe("UNAUTHENTICATED");
    if (root === "me") return;
    const input = { companyName: "Acme", adminEmail: newEmail(), adminName: "Ada", password: newPassword() };
    const onboard = `mutation ($input: OnboardTenantInput!) { onboardTenant(input: $input) { tenant { ${asked} } } }`;
    expect(await outcomeOf((await sceneOf("nobody")).client, onboard, { input })).toBe("UNAUTHENTICATED");
  });

  it("of lookups returns null for objects that the caller may not see", async () => {
    for (const kind of ["user", "stranger", "guest", "visitor"] as const) {
      const { client, victim } = await sceneOf(kind);
      const representations = [
        { __typename: "User", id: victim.id },
        { __typename: "Session", id: victim.sessionId },
      ];
      const ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }";
      expect(await client.ask(ENTITIES, { of: representations })).toEqual({ _entities: [null, null] });
      for (const id of [victim.id, victim.sessionId, await addPasskey(victim), await trustDevice(victim)])
        expect(await client.ask("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({ node: null });
      if (kind === "stranger" || kind === "visitor")
        expect(await client.ask("query ($id: ID!) { user(id: $id) { id } }", { id: victim.id })).toEqual({
          user: null,
        });
      const session = "query ($id: ID!) { session(id: $id) { id } }";
      expect(await client.ask(session, { id: victim.sessionId })).toEqual({ session: null });
    }
  });
});
