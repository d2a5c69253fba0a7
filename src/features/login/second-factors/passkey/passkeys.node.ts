import type { NodeSource } from "#platform/schema/node";
import type { PasskeysService } from "./passkeys.service.ts";

/** `node(id:)` for passkeys. */
export const passkeyNodes = (passkeys: Pick<PasskeysService, "findVisible">): NodeSource => ({
  typename: "Passkey",
  find: (viewer, id) => passkeys.findVisible(viewer, id),
});
