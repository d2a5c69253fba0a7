import { afterCommit } from "#platform/database/after-commit";
import type { Db } from "#platform/database/database";
import { type Ids, timeOfId } from "#platform/ids";
import type { PubSub } from "#platform/pubsub/index";
import type { TransactionEvents } from "#platform/transaction-events";
import { type ClientInfo, labelOf } from "#shared/client-info";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import { securityEventsRecorded, userAnonymized } from "./audit.hooks.ts";
import { messagesFor } from "./event-channels.ts";
import type { SecurityEventType } from "./security-events.policy.ts";
import {
  hasImportEvent,
  insertNoSecurityEvent,
  insertSecurityEvents,
  updateSecurityEventsWithoutPersonalData,
} from "./security-events.repository.ts";

/** An event that a feature records. `details` never contains a secret. */
export interface SecurityEventDraft {
  readonly type: SecurityEventType;
  readonly tenantId: TenantId;
  readonly userId: UserId | null;
  /** The client that caused it; absent if caused by the system. */
  readonly client?: ClientInfo | null;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface AuditLogDeps {
  readonly ids: Ids;
  readonly pubsub: Pick<PubSub, "publish">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** Writes events in the transaction of their change: no change without its event, no event without its change. */
export class AuditLog {
  constructor(private readonly deps: AuditLogDeps) {}

  async record(db: Db, ...drafts: readonly SecurityEventDraft[]): Promise<void> {
    const rows = drafts.map(({ type, tenantId, userId, client = null, details = {} }) => {
      const id = this.deps.ids.next<SecurityEventId>();
      return {
        id,
        occurredAt: timeOfId(id),
        tenantId,
        userId,
        type,
        ipAddress: client?.ipAddress ?? null,
        device: client?.device ?? null,
        location: labelOf(client?.location ?? null),
        details: { ...details },
      };
    });
    // Sent together, so that notifying other features costs no extra round trip.
    await Promise.all([insertSecurityEvents(db, rows), this.deps.hooks.raise(db, securityEventsRecorded, rows)]);
    afterCommit(db, () => {
      for (const { channel, text } of messagesFor(rows)) this.deps.pubsub.publish(channel, text);
    });
  }

  /** Whether the user was imported from another system, according to the event recorded then. */
  wasImported(db: Db, userId: UserId): Promise<boolean> {
    return hasImportEvent(db, userId);
  }

  /** Takes as long as `record` without a user to record for, so that response time does not reveal which accounts exist. */
  recordNothing(db: Db): Promise<void> {
    return insertNoSecurityEvent(db);
  }

  /** For a deleted user: keeps the events without personal data. */
  async anonymizeUser(db: Db, userId: UserId): Promise<void> {
    await updateSecurityEventsWithoutPersonalData(db, userId);
    await this.deps.hooks.raise(db, userAnonymized, { userId });
  }
}
