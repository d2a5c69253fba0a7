import { z } from "zod";
import { HOSTED_DOMAIN, readVouchedDomain } from "./vouched-domains.ts";

interface Registration {
  readonly id: string;
  /** What people read on the button. */
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the provider is asked for, separated by spaces (RFC 6749, section 3.3). */
  readonly scopes: string;
  /**
   * The domains whose addresses the provider vouches for: canonical domains, `*` for all, `hd` (Google) for the hosted domain.
   * A verified address of another domain is proved by a mailed code before anything is concluded from it.
   */
  readonly vouchesFor: readonly string[];
}

/** A provider of OpenID Connect: what else it is, its discovery says. */
export interface OpenIdSettings extends Registration {
  readonly kind: "openid";
  readonly issuer: string;
  /** How the client proves itself to the token endpoint (OpenID Connect Core, section 9); null where discovery is to say. */
  readonly authentication: "basic" | "post" | null;
  /** Set if the provider signs ID tokens with the client secret. Otherwise only its published keys count. */
  readonly idTokenAlgorithm?: "HS256";
}

/** GitHub, which speaks OAuth 2 and has no ID tokens. */
export interface GitHubSettings extends Registration {
  readonly kind: "github";
  /** Where it is: an origin, https://github.com or an Enterprise server's. */
  readonly server: string;
}

export type ProviderSettings = OpenIdSettings | GitHubSettings;

export interface SocialSettings {
  readonly providers: readonly ProviderSettings[];
  /** Where browsers may be sent back to, compared letter by letter. */
  readonly redirectUris: readonly string[];
}

/** What the operator says, as the environment has it. */
export interface SocialVariables {
  /** JSON. */
  readonly providers: string | undefined;
  readonly redirectUris: readonly string[] | undefined;
  readonly production: boolean;
}

/** The identity providers of these settings. The faults name the place and no value. */
export const readSocialSettings = (
  variables: SocialVariables,
): { readonly settings: SocialSettings; readonly faults: readonly string[] } => {
  const { providers, faults } = readProviders(variables.providers, variables.production);
  const redirectUris = variables.redirectUris ?? [];
  const uriFaults = redirectUris.flatMap((uri, index) =>
    redirectUriFaults(uri, variables.production).map((fault) => `SOCIAL_REDIRECT_URIS[${index}]: ${fault}`),
  );
  const nowhere = variables.providers !== undefined && redirectUris.length === 0;
  return {
    settings: { providers, redirectUris },
    faults: [
      ...faults,
      ...uriFaults,
      ...(nowhere ? ["SOCIAL_REDIRECT_URIS: required where SOCIAL_PROVIDERS is set"] : []),
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
  // RFC 6749, section 3.3: what a scope may consist of.
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
  // One company by its id or domain; or common, organizations, consumers.
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
  // What JSON.parse says of a fault quotes the text, and with it a secret.
  if (!Array.isArray(entries)) return { providers: [], faults: ["SOCIAL_PROVIDERS: must be a JSON array of objects"] };
  const readings = entries.map((entry: unknown) => readProvider(entry, production));
  const providers = readings.flatMap(({ provider }) => provider ?? []);
  const faults = readings.flatMap((reading, index) =>
    reading.faults.map((fault) => `SOCIAL_PROVIDERS[${index}]${fault}`),
  );
  if (new Set(providers.map(({ id }) => id)).size < providers.length)
    faults.push("SOCIAL_PROVIDERS: each provider has an id of its own");
  if (new Set(providers.map(placeOf)).size < providers.length)
    faults.push("SOCIAL_PROVIDERS: each provider has an issuer of its own");
  return { providers, faults };
};

/**
 * Where its accounts are. Two providers of one place would be one to RFC 9207, and an account of both: unlinked at the one, it
 * would still open the other.
 */
const placeOf = (provider: ProviderSettings): string =>
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
    return { faults: [".issuer: must be an https address without user, query and fragment"] };
  // RFC 7518, section 3.2: a shorter key is guessed by whoever has one token.
  if (
    "idTokenAlgorithm" in parsed.data &&
    parsed.data.idTokenAlgorithm &&
    Buffer.byteLength(parsed.data.clientSecret) < 32
  )
    return { faults: [".clientSecret: must have at least 32 bytes for HS256"] };
  return { provider: toSettings(parsed.data), faults: [] };
};

/** Zod names keys that it does not know; whoever forgot a quote or a colon has put a value there. */
const faultOf = ({ path, code, message }: z.core.$ZodIssue): string =>
  `${path.map((key) => `.${String(key)}`).join("")}: ${code === "unrecognized_keys" ? "has a key that is not known" : message}`;

const OPENID_SCOPES = "openid email profile";

/**
 * What Google says it is authoritative for: its own mailboxes, and those of an organization that it names in `hd` ("Verify the
 * Google ID token on your server side").
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

/** OpenID Connect Core, section 1.2, Issuer Identifier; http is for trying out. */
const isIssuer = (issuer: string, production: boolean): boolean => {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url === null || /[?#\s]/.test(issuer) || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && !production);
};

/** RFC 8252, section 7.1: a scheme of an app's own is a domain turned round, so it has a dot, and javascript: has none. */
const APP_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/;

const redirectUriFaults = (uri: string, production: boolean): readonly string[] => {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  // A star is a letter like any other to the URL parser; here it would look like a wildcard, and match nothing.
  if (url === null || /[*#\s\p{Cc}]/u.test(uri)) return ["must be one whole address, without fragment and wildcard"];
  if (url.username !== "" || url.password !== "") return ["must have no user in it"];
  if (url.protocol === "https:" || APP_SCHEME.test(url.protocol)) return [];
  if (url.protocol === "http:" && !production) return [];
  return ["must be https, or an app's own scheme such as com.example.app:"];
};
