import { schemaFileOf } from "./event-schemas.ts";
import type { IntegrationEvent } from "./published-events.policy.ts";

/** CloudEvents 1.0, JSON in structured mode; `tenantid` is an extension attribute. */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: IntegrationEvent["type"];
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly dataschema: string;
  readonly tenantid: string;
  readonly data: IntegrationEvent["data"];
}

export const CLOUD_EVENT_TYPE = "application/cloudevents+json";

/** @param publicUrl the source of the event, and the base of its schema's URL */
export const toCloudEvent = (
  publicUrl: string,
  { id, type, subject, time, tenantId, data }: IntegrationEvent,
): CloudEvent => ({
  specversion: "1.0",
  id,
  source: publicUrl,
  type,
  subject,
  time: time.toISOString(),
  datacontenttype: "application/json",
  dataschema: `${publicUrl}/events/${schemaFileOf(type)}`,
  tenantid: tenantId,
  data,
});
