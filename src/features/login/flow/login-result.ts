import { deliverTokens, MOST_SESSIONS } from "#features/sessions/index";
import type { RequestContext } from "#platform/schema/context";
import { after, DAY } from "#shared/durations";
import type { EnrolmentRequired, LoginInput, LoginResult, LoginSuccess } from "./login.graphql.ts";
import type { DeliveryRequest } from "./login.policy.ts";
import type { LoginGrant, LoginStep } from "./login.ts";

/** Browsers keep no cookie longer than 400 days. */
const DEVICE_COOKIE_LIFETIME = 400 * DAY;

/** What the client says of its device, in the input or by its cookie, and how it wants its tokens. */
export const deliveryRequest = (
  { deviceToken, transport }: Pick<LoginInput, "deviceToken" | "transport">,
  { cookies }: RequestContext,
): DeliveryRequest => ({
  transport,
  deviceToken: deviceToken ?? cookies.get("device"),
  deviceTokenInCookie: deviceToken == null,
});

/** What the client is told of a step: the session, or what is still to be done. */
export const toLoginResult = (step: LoginStep, context: RequestContext): typeof LoginResult => {
  if ("tokens" in step)
    return step.session.enrolmentOnly ? deliverEnrolment(step, context) : deliverGrant(step, context);
  if (!("factors" in step)) return step;
  const [preferredFactor] = step.factors;
  if (preferredFactor === undefined) throw new Error("A login waits for a factor that nobody has.");
  return { ...step, preferredFactor };
};

/** What an enrolment-only session opens with; nothing of the user is shown before a factor is added. */
const deliverEnrolment = ({ session, tokens, delivery }: LoginGrant, context: RequestContext): EnrolmentRequired => ({
  tokens: deliverTokens(tokens, delivery.transport, context),
  expiresAt: session.expiresAt,
});

/** Hands a login to the client the way it wants it. */
const deliverGrant = (grant: LoginGrant, context: RequestContext): LoginSuccess => {
  const { transport, deviceInCookie } = grant.delivery;
  if (deviceInCookie)
    context.cookies.set("device", grant.deviceToken, after(grant.session.createdAt, DEVICE_COOKIE_LIFETIME));
  // Whoever has just signed in may see what the answer holds of him.
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
    evictedSessions: grant.evictedSessions.slice(0, MOST_SESSIONS),
    deviceToken: deviceInCookie ? null : grant.deviceToken,
  };
};
