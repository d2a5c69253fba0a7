import { defineLinkPurpose } from "#features/links/index";
import type { ClientInfo } from "#shared/client-info";
import { HOUR } from "#shared/durations";
import type { SessionId, SocialAccountId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";

/** Denies either a login on a new device or a claim to the tokens of a session. */
export const DENY_LOGIN_LINK = defineLinkPurpose<{
  readonly login?: {
    /** The session opened by the login. */
    readonly sessionId: SessionId;
    readonly identifier: string;
    /** The client that logged in. */
    readonly client: ClientInfo;
    readonly risk: RiskAssessment;
    /** The account at a provider that opened the session. */
    readonly socialAccountId: SocialAccountId | null;
  };
  /** The session whose tokens were claimed from another network. */
  readonly claim?: { readonly sessionId: SessionId; readonly client: ClientInfo };
}>({
  name: "deny-login",
  lifetime: 72 * HOUR,
  page: "deny-login",
});

export const LINK_PURPOSES = [DENY_LOGIN_LINK];
