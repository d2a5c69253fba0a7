import { createHash, randomBytes } from "node:crypto";
import { codeAt, stepOf } from "#features/login/second-factors/totp/totp-codes";
import type { Operation, Request } from "./load.ts";
import { deviceTokenOf, PASSWORD, type Population, subjectOf } from "./population.ts";
import { codeFor, PROVIDER, REDIRECT_URI } from "./provider.ts";

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) {
    ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } user { id email } session { id } deviceToken }
  }
}`;
const LOGIN_WITH_CHALLENGE = `mutation ($input: LoginInput!) {
  login(input: $input) { ... on SecondFactorRequired { challenge factors preferredFactor expiresAt } }
}`;
const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) {
  verifyTotp(input: $input) {
    ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } user { id email } session { id } deviceToken }
  }
}`;
const START_SOCIAL_LOGIN = `mutation ($input: StartSocialLoginInput!) {
  startSocialLogin(input: $input) { authorizationUrl state }
}`;
const FINISH_SOCIAL_LOGIN = `mutation ($input: FinishSocialLoginInput!) {
  finishSocialLogin(input: $input) {
    ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } user { id email } session { id } deviceToken }
  }
}`;
const REFRESH = `mutation ($input: RefreshTokenInput!) {
  refreshToken(input: $input) { tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt } }
}`;
const VALIDATE = `mutation ($token: String!) {
  validateToken(input: { token: $token }) { valid reason claims { userId sessionId tenantId email roles expiresAt } }
}`;
const ME = "{ me { id email username name emailVerified createdAt } }";
const SESSIONS = "{ sessions { id current device { label type } ipAddress createdAt lastActivityAt } }";

const bodyOf = (query: string, variables = {}): string => JSON.stringify({ query, variables });
const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });

/** Returns the items in turn, without end. */
const roundRobin = <Item>(items: readonly Item[]): (() => Item) => {
  let next = 0;
  return () => items[next++ % items.length] as Item;
};

/** The same request repeatedly, signed in as another user each time. */
const asEachUser = (name: string, { sessions }: Population, query: string): Operation => ({
  name,
  next: roundRobin(sessions.map(({ accessToken }): Request => ({ body: bodyOf(query), headers: bearer(accessToken) }))),
});

export const me = (population: Population): Operation => asEachUser("me", population, ME);
export const sessions = (population: Population): Operation => asEachUser("sessions", population, SESSIONS);

/** Validates a token without credentials, as another service does. */
export const validateToken = ({ sessions }: Population): Operation => ({
  name: "token check",
  next: roundRobin(sessions.map(({ accessToken }): Request => ({ body: bodyOf(VALIDATE, { token: accessToken }) }))),
});

/** Sessions that each caller refreshes in turn, so that their rows are not adjacent. */
export const CHAINS = 16;

/** Each caller continues with the token from the last response, so that no token is used twice. */
export const refresh = ({ sessions }: Population): Operation => {
  const refreshCounts = new Map<number, number>();
  const sessionOf = (caller: number) => {
    const session = sessions[caller * CHAINS + ((refreshCounts.get(caller) ?? 0) % CHAINS)];
    if (session === undefined) throw new Error("There are more callers than sessions.");
    return session;
  };
  return {
    name: "refresh",
    next: (caller) => ({ body: bodyOf(REFRESH, { input: { refreshToken: sessionOf(caller).refreshToken } }) }),
    answered: (caller, body) => {
      sessionOf(caller).refreshToken = JSON.parse(body).data.refreshToken.tokens.refreshToken;
      refreshCounts.set(caller, (refreshCounts.get(caller) ?? 0) + 1);
    },
  };
};

/** A new address each time. */
const newAddresses = (network: number): (() => { "x-forwarded-for": string }) => {
  let count = 0;
  return () => {
    count += 1;
    return { "x-forwarded-for": `${network}.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}` };
  };
};

/** Each user with an address and a device that are new: the most expensive kind of login, which sends a mail. */
export const login = ({ identifiers }: Population): Operation => {
  const nextIdentifier = roundRobin(identifiers);
  const nextAddress = newAddresses(10);
  return {
    name: "login",
    next: () => ({
      body: bodyOf(LOGIN, { input: { identifier: nextIdentifier(), password: PASSWORD } }),
      headers: nextAddress(),
    }),
  };
};

/** Each user on their known device: nothing is unusual, and no mail is sent. */
export const loginAtHome = ({ identifiers }: Population): Operation => {
  const nextIdentifier = roundRobin(identifiers);
  return {
    name: "login at home",
    next: () => {
      const identifier = nextIdentifier();
      const input = { identifier, password: PASSWORD, deviceToken: deviceTokenOf(identifier) };
      return { body: bodyOf(LOGIN, { input }) };
    },
  };
};

/** Like `login`, by users with an authenticator app, enough of them that each one's next code is from a later TOTP step. */
export const loginWithTotp = ({ totpOwners }: Population): Operation => {
  const nextOwner = roundRobin(totpOwners);
  const nextAddress = newAddresses(11);
  const underway = new Map<number, { secret: Buffer; headers: Record<string, string> }>();
  return {
    name: "login with TOTP",
    steps: ["login with TOTP: login", "login with TOTP: verifyTotp"],
    next: (caller) => {
      const { identifier, secret } = nextOwner();
      const headers = nextAddress();
      underway.set(caller, { secret, headers });
      return { body: bodyOf(LOGIN_WITH_CHALLENGE, { input: { identifier, password: PASSWORD } }), headers };
    },
    answered: (caller, body) => {
      const started = underway.get(caller);
      if (!started) return undefined;
      underway.delete(caller);
      const { challenge } = JSON.parse(body).data.login;
      const code = codeAt(started.secret, stepOf(new Date()));
      return { body: bodyOf(VERIFY_TOTP, { input: { challenge, code } }), headers: started.headers };
    },
  };
};

/** The return from the provider on a known device, in an app. The redirect to the provider is not measured. */
export const socialCallback = ({ identifiers }: Population): Operation => {
  const nextIdentifier = roundRobin(identifiers);
  const nextAddress = newAddresses(12);
  const underway = new Map<number, { identifier: string; codeVerifier: string; headers: Record<string, string> }>();
  return {
    name: "social callback",
    steps: ["social callback: startSocialLogin", "social callback: finishSocialLogin"],
    leadUp: 1,
    next: (caller) => {
      const codeVerifier = randomBytes(32).toString("base64url");
      const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
      const headers = nextAddress();
      underway.set(caller, { identifier: nextIdentifier(), codeVerifier, headers });
      const input = { provider: PROVIDER, redirectUri: REDIRECT_URI, codeChallenge };
      return { body: bodyOf(START_SOCIAL_LOGIN, { input }), headers };
    },
    answered: (caller, body) => {
      const started = underway.get(caller);
      if (!started) return undefined;
      underway.delete(caller);
      const { identifier, codeVerifier, headers } = started;
      const { authorizationUrl, state } = JSON.parse(body).data.startSocialLogin;
      const nonce = new URL(authorizationUrl).searchParams.get("nonce") ?? "";
      const code = codeFor({ sub: subjectOf(identifier), email: identifier, nonce });
      const input = { state, code, codeVerifier, deviceToken: deviceTokenOf(identifier) };
      return { body: bodyOf(FINISH_SOCIAL_LOGIN, { input }), headers };
    },
  };
};

/** Requests to the floors: minimal servers that measure the cost of GraphQL alone. */
export const constant = (): Operation => ({
  name: "constant",
  next: () => ({ body: bodyOf("{ constant { id email } }") }),
});
export const fiveRows = (population: Population): Operation =>
  asEachUser("five rows", population, "{ sessions { id device { label type } ipAddress createdAt lastActivityAt } }");
