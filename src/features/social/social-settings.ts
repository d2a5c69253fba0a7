import { z } from "zod";
import { HOSTED_DOMAIN, readVouchedDomain } from "./vouched-domains.ts";

interface Registration {
  readonly id: string;
  /** The label of the button. */
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The requested scopes, separated by spaces (RFC 6749, section 3.3). */
  readonly scopes: string;
  /**
   * The domains for whose addresses the provider vouches: canonical domains, `*` for all, `hd` (Google) for the hosted domain. A
   * verified address of another domain must be verified by a mailed code before it is used for a decision.
   */
  readonly vouchesFor: readonly string[];
}

/** An OpenID Connect provider; its other properties come from discovery. */
export interface OpenIdSettings extends Registration {
  readonly kind: "openid";
  readonly issuer: string;
  /** How the client authenticates at the token endpoint (OpenID Connect Core, section 9); null to use discovery. */
  readonly authentication: "basic" | "post" | null;
  /** Set if the provider signs ID tokens with the client secret. Otherwise only its published keys are accepted. */
  readonly idTokenAlgorithm?: "HS256";
}

/** GitHub, which uses OAuth 2 and has no ID tokens. */
export interface GitHubSettings extends Registration {
  readonly kind: "github";
  /** The server's origin: https://github.com, or that of an Enterprise server. */
  readonly server: string;
}

export type ProviderSettings = OpenIdSettings | GitHubSettings;

export interface SocialSettings {
  readonly providers: readonly ProviderSettings[];
  /** Allowed redirect URIs, compared as strings. */
  readonly redirectUris: readonly string[];
}

/** The path of the hosted page that providers redirect to. */
export const HOSTED_CALLBACK = "/sign-in/callback";

/** The operator's settings, as environment variables. */
export interface SocialVariables {
  /** JSON. */
  readonly providers: string | undefined;
  readonly redirectUris: readonly string[] | undefined;
  /** The hosted page that providers redirect to; null or absent if the pages are off. */
  readonly hostedPage?: string | null;
  readonly production: boolean;
}

/** Reads the identity providers of these settings. The faults name the setting's part, never its value. */
export const readSocialSettings = (
  variables: SocialVariables,
): { readonly settings: SocialSettings; readonly faults: readonly string[] } => {
  const { providers, faults } = readProviders(variables.providers, variables.production);
  const redirectUris = variables.redirectUris ?? [];
  const uriFaults = redirectUris.flatMap((uri, index) =>
    validateRedirectUri(uri, variables.production).map((fault) => `SOCIAL_REDIRECT_URIS[${index}]: ${fault}`),
  );
  const { hostedPage = null } = variables;
  const all = hostedPage === null ? redirectUris : [...redirectUris, hostedPage];
  const nowhere = variables.providers !== undefined && all.length === 0;
  return {
    settings: { providers, redirectUris: all },
    faults: [
      ...faults,
      ...uriFaults,
      ...(nowhere ? ["SOCIAL_REDIRECT_URIS: required if SOCIAL_PROVIDERS is set"] : []),
    ],
  };
};

const text = z.string().regex(/^[^\p{Cc}\p{Surrogate}]{1,2000}$/u, "must be a text");

/** `claims` are words that stand for a claim of the ID token, not for a domain. */
const vouchedDomains = (claims: readonly string[] = []) =>
  z
    .array(
      z.string().transform((written, context) => {
        const domain = readVouchedDomain(written);
        if (domain !== null && (domain !== HOSTED_DOMAIN || claims.includes(domain))) return domain;
        context.addIssue(`must be ${["a domain such as example.com", ...claims].join(", ")} or *`);
        return z.NEVER;
      }),
    )
    .optional();

const registration = {
  id: z.string().regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 of a-z, 0-9 and -"),
  clientId: text,
  clientSecret: text,
  // RFC 6749, section 3.3: the syntax of scopes.
  scopes: z
    .string()
    .regex(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, "must be words separated by one space each")
    .optional(),
  vouchesFor: vouchedDomains(),
};

const openIdScopes = registration.scopes.refine(
  (scopes) => scopes === undefined || scopes.split(" ").includes("openid"),
  "must contain openid",
);

const Google = z.strictObject({
  ...registration,
  preset: z.literal("google"),
  name: text.default("Google"),
  scopes: openIdScopes,
  vouchesFor: vouchedDomains([HOSTED_DOMAIN]),
});

const Microsoft = z.strictObject({
  ...registration,
  preset: z.literal("microsoft"),
  name: text.default("Microsoft"),
  scopes: openIdScopes,
  // A company's id or domain, or one of common, organizations, consumers.
  tenant: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i, "must be a tenant's id or domain, or common")
    .default("common"),
});

const GitHub = z.strictObject({
  ...registration,
  preset: z.literal("github"),
  name: text.default("GitHub"),
  issuer: z.string().default("https://github.com"),
});

const OpenId = z.strictObject({
  ...registration,
  preset: z.undefined().optional(),
  name: text,
  issuer: z.string(),
  scopes: openIdScopes,
  authentication: z.enum(["basic", "post"]).optional(),
  idTokenAlgorithm: z.literal("HS256").optional(),
});

const SCHEMAS: Readonly<Record<string, typeof Google | typeof Microsoft | typeof GitHub>> = {
  google: Google,
  microsoft: Microsoft,
  github: GitHub,
};

const readProviders = (
  json: string | undefined,
  production: boolean,
): { readonly providers: readonly ProviderSettings[]; readonly faults: readonly string[] } => {
  if (json === undefined) return { providers: [], faults: [] };
  const entries = parseJson(json);
  // The error of JSON.parse quotes the text, and could reveal a secret.
  if (!Array.isArray(entries)) return { providers: [], faults: ["SOCIAL_PROVIDERS: must be a JSON array of objects"] };
  const readings = entries.map((entry: unknown) => readProvider(entry, production));
  const providers = readings.flatMap(({ provider }) => provider ?? []);
  const faults = readings.flatMap((reading, index) =>
    reading.faults.map((fault) => `SOCIAL_PROVIDERS[${index}]${fault}`),
  );
  if (new Set(providers.map(({ id }) => id)).size < providers.length)
    faults.push("SOCIAL_PROVIDERS: each provider must have a unique id");
  if (new Set(providers.map(issuerOf)).size < providers.length)
    faults.push("SOCIAL_PROVIDERS: each provider must have a unique issuer");
  return { providers, faults };
};

/**
 * The issuer of its accounts. Two providers with one issuer look the same to RFC 9207, and an account would belong to both:
 * unlinked at one of them, it would still grant access by the other.
 */
const issuerOf = (provider: ProviderSettings): string =>
  new URL(provider.kind === "github" ? provider.server : provider.issuer).href;

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
};

interface Reading {
  readonly provider?: ProviderSettings;
  readonly faults: readonly string[];
}

const readProvider = (entry: unknown, production: boolean): Reading => {
  const preset = typeof entry === "object" && entry !== null && "preset" in entry ? entry.preset : undefined;
  if (preset !== undefined && !Object.hasOwn(SCHEMAS, String(preset)))
    return { faults: [".preset: must be google, microsoft or github"] };
  const parsed = (SCHEMAS[String(preset)] ?? OpenId).safeParse(entry);
  if (!parsed.success) return { faults: parsed.error.issues.map(faultOf) };
  const issuer = "issuer" in parsed.data ? parsed.data.issuer : null;
  if (issuer !== null && !isIssuer(issuer, production))
    return { faults: [".issuer: must be an https address without user, query or fragment"] };
  // RFC 7518, section 3.2: a shorter key can be guessed from a single token.
  if (
    "idTokenAlgorithm" in parsed.data &&
    parsed.data.idTokenAlgorithm &&
    Buffer.byteLength(parsed.data.clientSecret) < 32
  )
    return { faults: [".clientSecret: must have at least 32 bytes for HS256"] };
  return { provider: toSettings(parsed.data), faults: [] };
};

/** Zod's message quotes unknown keys; after a missing quote or colon in the JSON, such a key may be a secret value. */
const faultOf = ({ path, code, message }: z.core.$ZodIssue): string =>
  `${path.map((key) => `.${String(key)}`).join("")}: ${code === "unrecognized_keys" ? "has an unknown key" : message}`;

const OPENID_SCOPES = "openid email profile";

/**
 * The addresses for which Google states that it is authoritative: its own mailboxes, and those of an organization named in `hd`
 * ("Verify the Google ID token on your server side").
 */
const GOOGLE_VOUCHES_FOR = ["gmail.com", HOSTED_DOMAIN];

const toSettings = (
  entry: z.infer<typeof Google> | z.infer<typeof Microsoft> | z.infer<typeof GitHub> | z.infer<typeof OpenId>,
): ProviderSettings => {
  const { id, name, clientId, clientSecret, scopes = OPENID_SCOPES, vouchesFor = [] } = entry;
  const openId = { kind: "openid", id, name, clientId, clientSecret, scopes, vouchesFor } as const;
  switch (entry.preset) {
    case "google":
      return {
        ...openId,
        issuer: "https://accounts.google.com",
        authentication: "post",
        vouchesFor: entry.vouchesFor ?? GOOGLE_VOUCHES_FOR,
      };
    case "microsoft":
      return {
        ...openId,
        issuer: `https://login.microsoftonline.com/${entry.tenant}/v2.0`,
        authentication: "post",
      };
    case "github":
      return {
        ...openId,
        kind: "github",
        server: new URL(entry.issuer).origin,
        scopes: entry.scopes ?? "read:user user:email",
      };
    case undefined:
      return {
        ...openId,
        issuer: entry.issuer,
        authentication: entry.authentication ?? null,
        ...(entry.idTokenAlgorithm && { idTokenAlgorithm: entry.idTokenAlgorithm }),
      };
  }
};

/** OpenID Connect Core, section 1.2, Issuer Identifier; http is for development. */
const isIssuer = (issuer: string, production: boolean): boolean => {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url === null || /[?#\s]/.test(issuer) || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && !production);
};

/** RFC 8252, section 7.1: an app's private scheme is a reversed domain, so it contains a dot, which javascript: does not. */
const APP_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

const validateRedirectUri = (uri: string, production: boolean): readonly string[] => {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  // The URL parser accepts a star as a normal character; it would look like a wildcard here, but match nothing.
  if (url === null || /[*#\s\p{Cc}]/u.test(uri)) return ["must be one complete address, without fragment or wildcard"];
  if (url.username !== "" || url.password !== "") return ["must not contain a user"];
  if (url.protocol === "https:" || APP_SCHEME.test(url.protocol)) return [];
  if (url.protocol === "http:" && !production) return [];
  return ["must be https, or an app's own scheme such as com.example.app:"];
};
