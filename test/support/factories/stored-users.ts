import { asc, eq } from "drizzle-orm";
import { securityEvents } from "#features/audit/security-events.table";
import { createClient } from "#features/devices/index";
import { type OpenedSession, type SessionRow, sessions } from "#features/sessions/index";
import type { User } from "#features/users/index";
import type { ClientInfo } from "#shared/client-info";
import type { SessionId, UserId } from "#shared/ids";
import { ALL_PERMISSIONS, OPERATOR_PERMISSION } from "#shared/permissions";
import { elevatedFrom, type Viewer } from "#shared/viewer";
import type { BuiltApp } from "../servers/app.ts";
import type { SignedInUser } from "./users.ts";

/** A user signed in at a device, as the services represent them, without HTTP. */
export interface StoredUser {
  readonly user: User;
  readonly session: OpenedSession;
  readonly viewer: Viewer;
  readonly client: ClientInfo;
  readonly deviceToken: string;
}

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/** An id that does not exist. */
export const ANONYMOUS = "00000000-0000-7000-8000-000000000000";

/** Knows no location. */
const UNKNOWN_LOCATION = { find: () => null };

/** A browser at this address. */
export const clientAt = (ipAddress: string, userAgent = FIREFOX): ClientInfo =>
  createClient(ipAddress, userAgent, UNKNOWN_LOCATION);

export const CLIENT = clientAt("203.0.113.7");

/** Signs the user in, as a login does once it has verified the credential. */
export const signIn = async ({ app }: Pick<BuiltApp, "app">, user: User, client = CLIENT): Promise<StoredUser> => {
  const device = app.devices.resolveDevice(null, null);
  const session = await app.db.transaction(async (tx) => {
    await app.devices.recordLogin(tx, user, device, client);
    return app.sessions.open(tx, user, { id: app.ids.next(), client, device, methods: ["PASSWORD"] });
  });
  return { user, session, client, deviceToken: device.token, viewer: steppedUp(session, user) };
};

/** The permissions of a user with these stored roles in the home tenant. */
export const authorityOf = ({ tenantId, roles }: Pick<User, "tenantId" | "roles">) => {
  const isAdmin = roles.includes("ADMIN");
  return {
    tenantId,
    homeTenantId: tenantId,
    roles: isAdmin ? ["MEMBER", "ADMIN"] : ["MEMBER"],
    permissions: [...(isAdmin ? ALL_PERMISSIONS : []), ...(roles.includes("OPERATOR") ? [OPERATOR_PERMISSION] : [])],
    isOperator: roles.includes("OPERATOR"),
  };
};

/** The caller with an elevated token of this session. */
export const steppedUp = (
  { id: sessionId, userId, tenantId, authenticatedAt, elevationEpoch, enrolmentOnly }: SessionRow,
  { roles }: Pick<User, "roles">,
): Viewer => ({
  userId,
  sessionId,
  ...authorityOf({ tenantId, roles }),
  elevatedUntil: elevatedFrom(authenticatedAt),
  elevationEpoch,
  enrolmentOnly,
});

/** A user signed in through the API, as the services represent them, with an elevated token. */
export const viewerOf = async (
  { app, clock }: Pick<BuiltApp, "app" | "clock">,
  { id, sessionId }: Pick<SignedInUser, "id" | "sessionId">,
): Promise<Viewer> => {
  const { id: userId, tenantId, roles } = await app.users.get(id as UserId);
  const [session] = await app.db
    .select()
    .from(sessions)
    .where(eq(sessions.id, sessionId as SessionId));
  const { elevationEpoch = 0, enrolmentOnly = false } = session ?? {};
  const elevatedUntil = elevatedFrom(clock.now());
  const authority = authorityOf({ tenantId, roles });
  return { userId, ...authority, sessionId: sessionId as SessionId, elevatedUntil, elevationEpoch, enrolmentOnly };
};

/** The user's security history, oldest first. */
export const eventsOf = ({ app }: Pick<BuiltApp, "app">, { id }: Pick<User, "id">) =>
  app.db.select().from(securityEvents).where(eq(securityEvents.userId, id)).orderBy(asc(securityEvents.id));
