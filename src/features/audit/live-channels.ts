import type { TenantId, UserId } from "#shared/ids";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** Where it is announced that something happened to the user: the ids of the events, separated by commas. */
export const channelOfUser = (id: UserId): string => `user:${id}`;

/** Where it is announced that something happened which bears on the sessions of any number of the tenant's users. */
export const channelOfTenant = (id: TenantId): string => `tenant:${id}`;

interface Told {
  readonly channel: string;
  readonly text: string;
}

type Announced = Pick<SecurityEventRow, "id" | "tenantId" | "userId" | "type">;

/** What may make the access tokens of a tenant's users worthless, and names none of them. */
const BEARS_ON_TENANT: ReadonlySet<SecurityEventRow["type"]> = new Set([
  "TENANT_SUSPENDED",
  "ROLE_UPDATED",
  "ROLE_DELETED",
]);

/** What is to be announced of these events, and where: each user's in one. */
export const announcementsOf = (events: readonly Announced[]): readonly Told[] => {
  const ofUsers = new Map<string, string[]>();
  for (const { id, userId } of events)
    if (userId !== null) ofUsers.set(channelOfUser(userId), [...(ofUsers.get(channelOfUser(userId)) ?? []), id]);
  return [
    ...[...ofUsers].map(([channel, ids]) => ({ channel, text: ids.join() })),
    ...events
      .filter(({ type, userId }) => userId === null && BEARS_ON_TENANT.has(type))
      .map(({ id, tenantId }) => ({ channel: channelOfTenant(tenantId), text: id })),
  ];
};
