import { deliverTokens, MAX_SESSIONS } from "#features/sessions/index";
import type { RequestContext } from "#platform/schema/context";
import { after, DAY } from "#shared/durations";
import type { EnrolmentRequired, LoginInput, LoginResult, LoginSuccess } from "./login.graphql.ts";
import type { TokenDeliveryRequest } from "./login.policy.ts";
import type { IssuedLogin, LoginFlowResult } from "./login.ts";

/** Browsers limit the lifetime of a cookie to 400 days. */
const DEVICE_COOKIE_LIFETIME_MS = 400 * DAY;

/** The device token, from the input or the cookie, and how the client wants to receive its tokens. */
export const tokenDeliveryRequest = (
  { deviceToken, transport }: Pick<LoginInput, "deviceToken" | "transport">,
  { cookies }: RequestContext,
): TokenDeliveryRequest => ({
  transport,
  deviceToken: deviceToken ?? cookies.get("device"),
  deviceTokenInCookie: deviceToken == null,
});

/** Maps a step to the result for the client: the session, or what is still required. */
export const toLoginResult = (step: LoginFlowResult, context: RequestContext): typeof LoginResult => {
  if ("tokens" in step)
    return step.session.enrolmentOnly ? toEnrolmentRequired(step, context) : toLoginSuccess(step, context);
  if (!("factors" in step)) return step;
  const [preferredFactor] = step.factors;
  if (preferredFactor === undefined)
    throw new Error("A login waits for a second factor, but its list of factors is empty.");
  return { ...step, preferredFactor };
};

/** The result for an enrolment-only session. It contains no user data, because no second factor has been added yet. */
const toEnrolmentRequired = (
  { session, tokens, delivery }: IssuedLogin,
  context: RequestContext,
): EnrolmentRequired => ({
  tokens: deliverTokens(tokens, delivery.transport, context),
  expiresAt: session.expiresAt,
});

/** Delivers a completed login with the requested transport. */
const toLoginSuccess = (grant: IssuedLogin, context: RequestContext): LoginSuccess => {
  const { transport, deviceInCookie } = grant.delivery;
  if (deviceInCookie)
    context.cookies.set("device", grant.deviceToken, after(grant.session.createdAt, DEVICE_COOKIE_LIFETIME_MS));
  // The user has just signed in, so the response may include their own data.
  const { id: sessionId, userId, elevationEpoch, enrolmentOnly } = grant.session;
  const { isOperator, tenantId: homeTenantId } = grant.user;
  const { tenantId, access } = grant.tokens;
  const authority = { tenantId, homeTenantId, isOperator, ...access };
  context.viewer = { sessionId, userId, ...authority, elevatedUntil: null, elevationEpoch, enrolmentOnly };
  return {
    tokens: deliverTokens(grant.tokens, transport, context),
    user: grant.user,
    session: grant.session,
    enrolmentTicket: grant.enrolmentTicket,
    mfaRecommended: grant.mfaRecommended,
    evictedSessions: grant.evictedSessions.slice(0, MAX_SESSIONS),
    deviceToken: deviceInCookie ? null : grant.deviceToken,
  };
};
