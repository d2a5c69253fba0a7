import type { Db } from "../../platform/database/database.ts";
import { type Ids, timeOfId } from "../../platform/ids.ts";
import { type Client, nameOfPlace } from "../../shared/client.ts";
import type { SecurityEventId, TenantId, UserId } from "../../shared/ids.ts";
import type { SecurityEventType } from "./security-events.policy.ts";
import { insertSecurityEvents, updateSecurityEventsWithoutPersonalData } from "./security-events.repository.ts";

/** What a feature says when something happened. `details` never carries a secret. */
export interface SecurityEventDraft {
  readonly type: SecurityEventType;
  readonly tenantId: TenantId;
  readonly userId: UserId | null;
  /** Who caused it; absent where the system itself did. */
  readonly client?: Client | null;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes what happened, in the transaction that did it: no change without its event, no event without its change. */
export class SecurityLog {
  readonly #ids: Ids;

  constructor({ ids }: { ids: Ids }) {
    this.#ids = ids;
  }

  async record(db: Db, ...drafts: readonly SecurityEventDraft[]): Promise<void> {
    const rows = drafts.map(({ type, tenantId, userId, client = null, details = {} }) => {
      const id = this.#ids.next<SecurityEventId>();
      return {
        id,
        occurredAt: timeOfId(id),
        tenantId,
        userId,
        type,
        ipAddress: client?.ipAddress ?? null,
        device: client?.device ?? null,
        location: nameOfPlace(client?.location ?? null),
        details: { ...details },
      };
    });
    await insertSecurityEvents(db, rows);
  }

  /** For a deleted user: the events stay, without personal data. */
  async forgetPerson(db: Db, userId: UserId): Promise<void> {
    await updateSecurityEventsWithoutPersonalData(db, userId);
  }
}
