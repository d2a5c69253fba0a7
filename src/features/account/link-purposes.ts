import { defineLinkPurpose } from "#features/links/index";
import { HOUR } from "#shared/durations";
import type { SessionId } from "#shared/ids";

/** Completes a change of address that the user has requested. */
export const CHANGE_EMAIL_LINK = defineLinkPurpose<{ readonly email: string }>({
  name: "change-email",
  lifetime: 24 * HOUR,
  page: "confirm-email-change",
  most: 1,
  endedBy: "CREDENTIALS_CHANGED",
});

/** How a change of address was requested. */
export interface EmailChangeRequest {
  readonly by: SessionId;
  /** With a factor or from a device that the user had long before. If so, a password alone does not undo the change. */
  readonly strongly: boolean;
}

/** Restores an address, or confirms the change. */
export const UNDO_EMAIL_CHANGE_LINK = defineLinkPurpose<{
  /** The address to restore. */
  readonly email: string;
  readonly requested?: EmailChangeRequest;
}>({
  name: "undo-email-change",
  lifetime: 72 * HOUR,
  page: "undo-email-change",
});

export const LINK_PURPOSES = [CHANGE_EMAIL_LINK, UNDO_EMAIL_CHANGE_LINK];
