import { defineLinkPurpose } from "#features/links/index";
import type { Client } from "#shared/client";
import { HOUR } from "#shared/durations";
import type { SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";

/** Denies a login on a new device, or a claim to the tokens of a session: exactly one of them. */
export const DENY_LOGIN_LINK = defineLinkPurpose<{
  readonly login?: {
    /** The session that it opened. */
    readonly sessionId: SessionId;
    readonly identifier: string;
    /** Who logged in, and from where. */
    readonly client: Client;
    readonly risk: RiskAssessment;
    /** The account at a provider by which the session was opened. */
    readonly socialAccountId: SocialAccountId | null;
  };
  /** The session whose tokens another network has. */
  readonly claim?: { readonly sessionId: SessionId; readonly client: Client };
}>({
  name: "deny-login",
  lifetime: 72 * HOUR,
  page: "deny-login",
});

export const LINK_PURPOSES = [DENY_LOGIN_LINK];
