import type { TenantId, UserId } from "#shared/ids";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** The channel for events of the user. A message is the ids of the events, separated by commas. */
export const userChannel = (id: UserId): string => `user:${id}`;

/** The channel for events that affect the sessions of any number of the tenant's users. */
export const tenantChannel = (id: TenantId): string => `tenant:${id}`;

interface ChannelMessage {
  readonly channel: string;
  readonly text: string;
}

type RecordedEvent = Pick<SecurityEventRow, "id" | "tenantId" | "userId" | "type">;

/** Events that may invalidate the access tokens of a tenant's users without naming a user. */
const BEARS_ON_TENANT: ReadonlySet<SecurityEventRow["type"]> = new Set([
  "TENANT_SUSPENDED",
  "ROLE_UPDATED",
  "ROLE_DELETED",
]);

/** The messages to publish for these events, with their channels: one message for each user. */
export const messagesFor = (events: readonly RecordedEvent[]): readonly ChannelMessage[] => {
  const ofUsers = new Map<string, string[]>();
  for (const { id, userId } of events)
    if (userId !== null) ofUsers.set(userChannel(userId), [...(ofUsers.get(userChannel(userId)) ?? []), id]);
  return [
    ...[...ofUsers].map(([channel, ids]) => ({ channel, text: ids.join() })),
    ...events
      .filter(({ type, userId }) => userId === null && BEARS_ON_TENANT.has(type))
      .map(({ id, tenantId }) => ({ channel: tenantChannel(tenantId), text: id })),
  ];
};
