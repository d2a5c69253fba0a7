import type { ClientInfo } from "./client-info.ts";
import type { Viewer } from "./viewer.ts";

/** A signed-in caller and the client they call from: who changed something, for the audit log and mails. */
export interface Actor {
  readonly viewer: Viewer;
  readonly client: ClientInfo;
}
