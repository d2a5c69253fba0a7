import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { expect } from "vitest";
import type { AuthorizationRequest } from "#features/social/providers/provider";
import { Providers } from "#features/social/providers/providers";
import type { OpenIdSettings, ProviderSettings } from "#features/social/social-settings";
import { NetworkSet } from "#platform/geoip/network-set";
import { SafeHttpClient } from "#platform/http-client/index";
import { createLogger } from "#platform/logging";
import type { AppError, ErrorCode } from "#shared/errors";
import { TestClock } from "../../support/servers/clock.ts";

type Outgoing = Pick<SafeHttpClient, "request">;

/** A client that may call 127.0.0.1, and no other internal address. */
export const outgoingHere: Outgoing = new SafeHttpClient({ privateNetworks: NetworkSet.parse("127.0.0.1") });

/** Redirects calls to servers on this machine: a URL that starts with a key goes to the address of that key. */
export const outgoingTo = (places: Readonly<Record<string, string>>): Outgoing => ({
  request: (request) => {
    const place = Object.keys(places).find((prefix) => request.url.href.startsWith(prefix));
    if (place === undefined) throw new Error(`No server is configured for ${request.url.href}`);
    return outgoingHere.request({ ...request, url: new URL(places[place] + request.url.href.slice(place.length)) });
  },
});

interface Registered {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The settings of a provider that is configured by its issuer. */
export const openIdSettings = (
  { issuer, clientId, clientSecret }: Registered,
  settings: Partial<OpenIdSettings> = {},
): OpenIdSettings => ({
  kind: "openid",
  id: "acme",
  name: "Acme",
  issuer,
  clientId,
  clientSecret,
  scopes: "openid email profile",
  authentication: null,
  vouchesFor: [],
  ...settings,
});

/** The providers of these settings, and their log. */
export const buildProviders = (settings: ProviderSettings, httpClient: Outgoing = outgoingHere) => {
  const logs: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(chunk.toString());
      done();
    },
  });
  const clock = new TestClock();
  const log = createLogger({ level: "trace", destination });
  const providers = new Providers({ settings: [settings], httpClient, clock, log });
  return { provider: providers.get(settings.id), providers, clock, logs };
};

export type Fixtures = ReturnType<typeof buildProviders>;

const secret = () => randomBytes(32).toString("base64url");

/** An authorization request that has just started. */
export const newVisit = (visit: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({
  redirectUri: "https://app.example/signed-in",
  state: secret(),
  nonce: secret(),
  pkceVerifier: secret(),
  ...visit,
});

export const failureOf = async (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.unreachable("The response was accepted."),
    (error: AppError) => error,
  );

/** A refusal with this code that reveals none of the secrets, neither in the error and its properties nor in the log. */
export const expectRefusal = async (
  { logs }: Pick<Fixtures, "logs">,
  work: Promise<unknown>,
  code: ErrorCode,
  secrets: readonly string[],
): Promise<AppError> => {
  const error = await failureOf(work);
  expect(error).toMatchObject({ name: "AppError", code });
  const told = [...logs, ...everythingIn(error)].join("\n");
  for (const each of secrets) expect(told).not.toContain(each);
  return error;
};

/** All strings reachable from a value, including hidden properties and cycles. */
const everythingIn = (value: unknown, seen = new Set<unknown>()): string[] => {
  if (typeof value !== "object" || value === null) return [String(value)];
  if (seen.has(value)) return [];
  seen.add(value);
  return Reflect.ownKeys(value).flatMap((key) => [String(key), ...everythingIn(Reflect.get(value, key), seen)]);
};
