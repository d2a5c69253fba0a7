import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import { type AccountLink, type DeniedAccount, findMfa, type Taint } from "#features/login/index";
import { findPassword } from "#features/passwords/index";
import type { SessionAuthMethods, SessionsService } from "#features/sessions/index";
import { canonicalEmail, findUserForUpdate, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { SessionId, SocialAccountId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import type {
  AuthenticatedIdentity,
  AuthorizationRequestsService,
  CallbackInput,
  KnownProviders,
} from "./authorization-requests.service.ts";
import { SOCIAL_ACCOUNT_CHANGED } from "./mails/social-account-changed.ts";
import type { ProviderIdentity } from "./providers/provider.ts";
import { socialLinked, socialUnlinked } from "./social.events.ts";
import {
  deleteSocialAccount,
  findSocialAccount,
  insertSocialAccount,
  listSocialAccountsOfUsers,
  listTaintedSocialAccounts,
  type SocialAccount,
} from "./social-accounts.repository.ts";
import {
  deleteUnlinkedProvider,
  hasUnlinkedProvider,
  upsertUnlinkedProvider,
} from "./unlinked-providers.repository.ts";

export type { SocialAccount };

/** The stored data of an account at a provider. */
type AttachedIdentity = Pick<ProviderIdentity, "issuer" | "subject" | "email" | "name">;

interface AttachOptions {
  readonly id: SocialAccountId;
  readonly notify: boolean;
  readonly by?: SessionId | null;
  readonly used?: boolean;
}

export interface SocialAccountsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly authorizationRequests: Pick<AuthorizationRequestsService, "handleCallback">;
  readonly providers: Pick<KnownProviders, "list">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly authMethods: Pick<SessionAuthMethods, "require" | "revoke">;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  /** Whether login by passkey is enabled in this installation. */
  readonly passkeys: boolean;
}

/** Users' accounts at providers for login: linking, unlinking, listing. */
export class SocialAccountsService {
  constructor(private readonly deps: SocialAccountsDeps) {}

  /**
   * Links the account of the person returning from a provider to the viewer, whatever its address. Linking again is a no-op.
   * @throws {AppError} as `AuthorizationRequestsService.handleCallback`; CONFLICT/SOCIAL_ACCOUNT_TAKEN if it is linked to another
   * user, or the viewer has another account at this provider; UNAUTHENTICATED, REAUTHENTICATION_REQUIRED
   */
  async link(viewer: Viewer, client: ClientInfo, callback: CallbackInput): Promise<User> {
    const { authMethods, authorizationRequests, sessions } = this.deps;
    const authenticated = await authorizationRequests.handleCallback(callback);
    // The provider may give a name to a user who has none.
    return sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      const user = (await findUserForUpdate(tx, viewer.userId)) ?? signedOut();
      await authMethods.require(tx, viewer);
      const id = this.deps.ids.next<SocialAccountId>();
      const linked = await this.attach(tx, user, authenticated, client, { id, notify: true, by: viewer.sessionId });
      if (linked !== null) return linked;
      const taken = await findSocialAccount(tx, authenticated.identity);
      return taken?.userId === user.id ? user : accountTaken();
    });
  }

  /**
   * Links the account of the person returning from a provider to this user, with the user's row locked. Pending logins must start
   * again. `notify` notifies the user by mail, `by` is the session that requested it, and `used` means that it happens at a login.
   * @returns the user, with the provider's name if they had none; null, without changes, if the account is linked to another user
   * or the user has another account at this provider
   */
  async attach(
    tx: Db,
    user: User,
    { identity, provider }: Pick<AuthenticatedIdentity, "provider"> & { readonly identity: AttachedIdentity },
    client: ClientInfo,
    { id, notify, by = null, used = false }: AttachOptions,
  ): Promise<User | null> {
    const { challenges, clock, events } = this.deps;
    const { issuer, subject } = identity;
    const account = await insertSocialAccount(tx, {
      id,
      tenantId: user.tenantId,
      userId: user.id,
      provider,
      issuer,
      subject,
      email: identity.email,
      linkedAt: clock.now(),
      createdBySession: by,
      lastUsedAt: used ? clock.now() : null,
    });
    if (account === null) return null;
    await deleteUnlinkedProvider(tx, user.id, provider);
    await challenges.revoke(tx, user.id);
    await events.record(tx, socialLinked(user, provider, client));
    if (notify) await this.#notify(tx, user, provider, true);
    const { name } = identity;
    return user.name === null && name !== null ? updateUser(tx, user.id, { name }) : user;
  }

  /**
   * Links the account in the transaction that completes the login of its user, with the user's row locked. Null if the address has
   * moved to another user, the user has unlinked this provider, the account is linked already, or the user has another account at
   * the provider.
   */
  readonly linkAtLogin = async (
    tx: Db,
    { user, id, account, session: by, client }: AccountLink,
  ): Promise<User | null> => {
    const { provider, ...identity } = account;
    if (!user.emailVerified || user.emailCanonical !== canonicalEmail(identity.email)) return null;
    if (!(await this.isOpen(tx, user.id, provider))) return null;
    return this.attach(tx, user, { provider, identity }, client, { id, notify: true, by, used: true });
  };

  /**
   * Unlinks the viewer's account at this provider, and revokes its proofs from sessions.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST/LAST_LOGIN_METHOD if no login method would remain, UNAUTHENTICATED,
   * REAUTHENTICATION_REQUIRED
   */
  async unlink(viewer: Viewer, client: ClientInfo, provider: string): Promise<User> {
    const { challenges, events, authMethods, sessions } = this.deps;
    return sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      const user = (await findUserForUpdate(tx, viewer.userId)) ?? signedOut();
      await authMethods.require(tx, viewer);
      const account = await deleteSocialAccount(tx, user.id, { provider });
      if (account === null) throw new AppError("NOT_FOUND");
      if (!(await this.#hasWayIn(tx, user.id))) throw lastLoginMethod();
      await this.#noteUnlinked(tx, user, provider);
      await challenges.revoke(tx, user.id);
      await authMethods.revoke(tx, viewer, { methods: [], passkeyId: null, socialAccountId: account.id }, client);
      await events.record(tx, socialUnlinked(user, provider, client));
      await this.#notify(tx, user, provider, false);
      return user;
    });
  }

  /**
   * Unlinks the account used by an attacker, in the transaction in which the user reports it. If it was not linked yet, its address
   * never links it automatically.
   */
  readonly unlinkDenied = async (tx: Db, { user, id, unlinkedAt, client }: DeniedAccount): Promise<void> => {
    const account = await deleteSocialAccount(tx, user.id, { id });
    if (account === null) {
      if (unlinkedAt !== null) await this.#noteUnlinked(tx, user, unlinkedAt);
      return;
    }
    await this.#noteUnlinked(tx, user, account.provider);
    await this.deps.events.record(tx, socialUnlinked(user, account.provider, client, { denied: true }));
  };

  /** Unlinks the accounts that a thief may have linked, in the transaction in which the user reports it. */
  readonly unlinkTainted = async (
    tx: Db,
    { user, taint, client }: { readonly user: User; readonly taint: Taint; readonly client: ClientInfo },
  ): Promise<void> => {
    for (const id of await listTaintedSocialAccounts(tx, user.id, taint))
      await this.unlinkDenied(tx, { user, id, unlinkedAt: null, client });
  };

  /**
   * Whether an account at this provider may be linked by its address: the user has no account there, and has not unlinked one.
   * Otherwise only the user can link one explicitly. Without this rule, the owner of an unlinked account could immediately log in
   * again, and unlinking would have no effect.
   */
  async isOpen(tx: Db, userId: UserId, provider: string): Promise<boolean> {
    if (await hasUnlinkedProvider(tx, userId, provider)) return false;
    return !(await listSocialAccountsOfUsers(tx, [userId])).some((account) => account.provider === provider);
  }

  /** Whether the user can log in by an account at a configured provider. */
  readonly hasAny = async (db: Db, userId: UserId): Promise<boolean> => {
    const known = new Set(this.deps.providers.list().map(({ id }) => id));
    return (await listSocialAccountsOfUsers(db, [userId])).some(({ provider }) => known.has(provider));
  };

  /** For DataLoader: the accounts of users, oldest first. */
  readonly ofUsers = async (userIds: readonly UserId[]): Promise<SocialAccount[][]> => {
    const accounts = await listSocialAccountsOfUsers(this.deps.db, userIds);
    return userIds.map((userId) => accounts.filter((account) => account.userId === userId));
  };

  /** The caller has locked the user's row, so that concurrent removals cannot remove the last login method. */
  async #hasWayIn(tx: Db, userId: UserId): Promise<boolean> {
    const [password, mfa, social] = await Promise.all([
      findPassword(tx, userId),
      findMfa(tx, userId),
      this.hasAny(tx, userId),
    ]);
    return password !== null || social || (this.deps.passkeys && (mfa?.passkeys ?? 0) > 0);
  }

  async #noteUnlinked(tx: Db, { id: userId, tenantId }: User, provider: string): Promise<void> {
    await upsertUnlinkedProvider(tx, { userId, tenantId, provider, unlinkedAt: this.deps.clock.now() });
  }

  async #notify(tx: Db, { email: to, name, locale }: User, providerId: string, linked: boolean): Promise<void> {
    const { clock, mails, providers } = this.deps;
    const provider = providers.list().find(({ id }) => id === providerId)?.name ?? providerId;
    const data = { name, at: clock.now(), provider, linked };
    await mails.enqueue(tx, SOCIAL_ACCOUNT_CHANGED, { to, locale: toLocale(locale), data });
  }
}

const accountTaken = (): never => {
  throw new AppError("CONFLICT", {
    reason: "SOCIAL_ACCOUNT_TAKEN",
    message: "This account is linked to another user, or you have linked another account at this provider.",
  });
};

const lastLoginMethod = (): AppError =>
  new AppError("BAD_REQUEST", {
    reason: "LAST_LOGIN_METHOD",
    message: "This account is the only login method. Set a password or add a passkey first.",
  });

const signedOut = (): never => {
  throw new AppError("UNAUTHENTICATED");
};
