import type { AuditLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import type { Access, PermissionCatalogue } from "#features/memberships/index";
import type { AccessTokenSubject, AccessTokens } from "#features/tokens/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError, assertNever } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { defaultMembership, entryBlockedFor, type HeldMembership, membershipIn } from "#shared/memberships";
import { elevatedFrom } from "#shared/viewer";
import { SESSION_COMPROMISED } from "./mails/session-compromised.ts";
import { notAMember } from "./not-a-member.ts";
import type { RefreshCaller, RefreshRotation } from "./refresh-rotation.ts";
import { parseRefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import type { SteppedUpSession } from "./session-auth-methods.repository.ts";
import { sessionEnded, tokenReused } from "./sessions.events.ts";
import { amrOf } from "./sessions.policy.ts";
import { type SessionRow, type SessionWithUser, updateSessionEnded } from "./sessions.repository.ts";
import type { SessionsService } from "./sessions.service.ts";
import type { TenantEntry } from "./tenant-entry.ts";

/** A new pair of tokens. */
export interface TokenPair {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
  /** The tenant of the access token, and the user's access in it. */
  readonly tenantId: TenantId;
  readonly access: Access;
}

/** The user's data in a token. */
type TokenOwner = Pick<User, "email" | "username" | "isOperator"> & {
  /** The home tenant. */
  readonly tenantId: TenantId;
};

/** The result of `reauthenticate`. */
export interface ElevatedToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly elevatedUntil: Date;
}

export interface SessionTokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "accessOf">;
  readonly tenantEntry: Pick<TenantEntry, "require">;
  readonly refreshTokens: RefreshTokens;
  readonly rotation: Pick<RefreshRotation, "rotate">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** The tokens of sessions: issued at login, exchanged at each refresh. */
export class SessionTokensService {
  constructor(private readonly deps: SessionTokensDeps) {}

  /** Issues the session's current tokens: a new access token, and the refresh token of its generation. */
  async issue(
    session: Pick<
      SessionRow,
      | "id"
      | "userId"
      | "tenantId"
      | "authenticatedWith"
      | "authenticatedAt"
      | "enrolmentOnly"
      | "refreshGeneration"
      | "refreshNonce"
      | "expiresAt"
    > & { readonly memberships: readonly HeldMembership[] },
    user: TokenOwner,
    tenantId: TenantId | null = null,
  ): Promise<TokenPair> {
    const { accessTokens, refreshTokens } = this.deps;
    const generation = session.refreshGeneration;
    const subject = this.#subjectOf(session, user, tenantId);
    const accessToken = await accessTokens.issue({ ...subject, generation });
    return {
      accessToken,
      tenantId: subject.tenantId,
      access: { roles: subject.roles, permissions: subject.permissions },
      expiresIn: accessTokens.lifetime,
      refreshToken: refreshTokens.encode(session, session.refreshGeneration),
      refreshExpiresAt: session.expiresAt,
    };
  }

  /**
   * Issues an elevated access token after a committed step-up. It comes without a refresh token: a refresh never returns an
   * elevated token, and the session's other tokens stay as they are.
   */
  async elevate(session: SteppedUpSession, user: TokenOwner, tenantId: TenantId): Promise<ElevatedToken> {
    const { accessTokens, clock } = this.deps;
    const elevatedUntil = elevatedFrom(clock.now());
    const elevation = { until: elevatedUntil, epoch: session.elevationEpoch };
    const accessToken = await accessTokens.issue({ ...this.#subjectOf(session, user, tenantId), elevation });
    return { accessToken, expiresIn: accessTokens.lifetime, elevatedUntil };
  }

  /**
   * Exchanges a refresh token for a new pair. A rotated token gets the same successor again within the grace time, and later if
   * the response may have been lost. In any other case its session ends.
   * @param wanted the tenant of the access token; null: the home tenant
   * @throws {AppError} INVALID_REFRESH_TOKEN; FORBIDDEN/NOT_A_MEMBER, FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR, without rotating
   * the token
   */
  async refresh(
    presented: string,
    caller: Omit<RefreshCaller, "ensure" | "atHome">,
    wanted: string | null = null,
  ): Promise<TokenPair> {
    const tenantId = wanted === null ? null : parseId<TenantId>(wanted);
    if (wanted !== null && tenantId === null) throw notAMember();
    const token = parseRefreshToken(presented);
    if (token === null) throw new AppError("INVALID_REFRESH_TOKEN");
    const rotation = await this.deps.rotation.rotate(token, {
      ...caller,
      atHome: tenantId === null,
      ensure: (session) => this.deps.tenantEntry.require(session, tenantId ?? defaultTenantOf(session)),
    });
    switch (rotation.outcome) {
      case "ROTATED":
        return this.issue(rotation.session, { ...rotation.session, tenantId: rotation.session.homeTenantId }, tenantId);
      case "REUSED":
        await this.#endCompromised(rotation.session, caller.client);
        throw new AppError("INVALID_REFRESH_TOKEN", { reason: "TOKEN_REUSED" });
      case "REFUSED":
        throw new AppError("INVALID_REFRESH_TOKEN");
      default:
        return assertNever(rotation);
    }
  }

  async #endCompromised(session: SessionWithUser, client: ClientInfo): Promise<void> {
    const { clock, events, mails, sessions } = this.deps;
    const at = clock.now();
    await sessions.withSessionInvalidation(session.userId, async (tx) => {
      const ended = await updateSessionEnded(tx, session.id, at, "TOKEN_REUSED");
      if (ended === null) return;
      await events.record(tx, tokenReused(session, client), sessionEnded(session, "TOKEN_REUSED", { client }));
      await mails.enqueue(tx, SESSION_COMPROMISED, {
        to: session.email,
        locale: toLocale(session.locale),
        data: { name: session.name, at, device: observedDevice(session.device) },
      });
    });
  }

  /** If `tenantId` is null, the token is for the home tenant, or for the oldest other membership if the user has no access there. */
  #subjectOf(
    session: Pick<SessionRow, "id" | "userId" | "authenticatedWith" | "authenticatedAt" | "enrolmentOnly"> & {
      readonly memberships: readonly HeldMembership[];
    },
    { email, username, isOperator, tenantId: homeTenantId }: TokenOwner,
    tenantId: TenantId | null,
  ): AccessTokenSubject {
    const membership =
      tenantId === null
        ? defaultMembership(session.memberships, homeTenantId)
        : membershipIn(session.memberships, tenantId);
    // After a reset of the second factors, the home tenant may have changed from a suspended one to one that still blocks entry.
    if (membership === null || entryBlockedFor(membership, this.deps.clock.now()) > 0) throw notAMember();
    return {
      userId: session.userId,
      sessionId: session.id,
      tenantId: membership.tenantId,
      email,
      username,
      isOperator,
      ...this.deps.permissionCatalogue.accessOf(membership, { isOperator }),
      amr: amrOf(session.authenticatedWith),
      authenticatedAt: session.authenticatedAt,
      enrolmentOnly: session.enrolmentOnly,
    };
  }
}

const defaultTenantOf = ({ memberships, homeTenantId }: SessionWithUser): TenantId => {
  const membership = defaultMembership(memberships, homeTenantId);
  if (membership === null) throw notAMember();
  return membership.tenantId;
};
