import { describe, expect, it } from "vitest";
import { readSocialSettings, type SocialVariables } from "./social-settings.ts";

const CANARY = "c4nary-of-a-s3cret";
const APP = { id: "app", name: "App", issuer: "https://id.app.example", clientId: "portcullis", clientSecret: CANARY };

const read = (entries: unknown, variables: Partial<SocialVariables> = {}) =>
  readSocialSettings({
    providers: typeof entries === "string" ? entries : JSON.stringify(entries),
    redirectUris: ["https://app.example/callback"],
    production: true,
    ...variables,
  });

const providersOf = (entries: unknown) => {
  const { settings, faults } = read(entries);
  expect(faults).toEqual([]);
  return settings.providers;
};

describe("the providers in the settings", () => {
  it("are empty if nothing is set", () => {
    expect(readSocialSettings({ providers: undefined, redirectUris: undefined, production: true })).toEqual({
      settings: { providers: [], redirectUris: [] },
      faults: [],
    });
  });

  it("need only a preset and their registration", () => {
    const registered = { clientId: "portcullis", clientSecret: CANARY };
    expect(
      providersOf(["google", "microsoft", "github"].map((preset) => ({ id: preset, preset, ...registered }))),
    ).toEqual([
      {
        kind: "openid", id: "google", name: "Google", ...registered, scopes: "openid email profile",
        issuer: "https://accounts.google.com", authentication: "post", vouchesFor: ["gmail.com", "hd"],
      },
      {
        kind: "openid", id: "microsoft", name: "Microsoft", ...registered, scopes: "openid email profile",
        issuer: "https://login.microsoftonline.com/common/v2.0", authentication: "post", vouchesFor: [],
      },
      {
        kind: "github", id: "github", name: "GitHub", ...registered, scopes: "read:user user:email",
        server: "https://github.com", vouchesFor: [],
      },
    ]); // biome-ignore format: a line for each
  });

  it("may be any OpenID Connect issuer, with its spelling kept", () => {
    const { name, ...rest } = APP;
    const scopes = "openid email";
    expect(providersOf([{ ...APP, issuer: "https://id.app.example/realms/a/", scopes, authentication: "basic" }])).toEqual(
      [{ kind: "openid", name, ...rest, issuer: "https://id.app.example/realms/a/", scopes, authentication: "basic", vouchesFor: [] }],
    ); // biome-ignore format: one expectation
    expect(providersOf([APP])).toMatchObject([{ scopes: "openid email profile", authentication: null }]);
  });

  it("may be one company at Microsoft, or a GitHub Enterprise server", () => {
    const registered = { clientId: "portcullis", clientSecret: CANARY };
    const [microsoft, github] = providersOf([
      { id: "a", preset: "microsoft", tenant: "contoso.example", name: "Contoso", ...registered },
      { id: "b", preset: "github", issuer: "https://code.app.example/", ...registered },
    ]);
    expect(microsoft).toMatchObject({
      name: "Contoso",
      issuer: "https://login.microsoftonline.com/contoso.example/v2.0",
    });
    expect(github).toMatchObject({ server: "https://code.app.example" });
  });

  it("vouch only for the named domains, in canonical spelling", () => {
    expect(providersOf([{ ...APP, vouchesFor: ["App.Example", "m\u00fcnchen.example", "*"] }])).toMatchObject([
      { vouchesFor: ["app.example", "xn--mnchen-3ya.example", "*"] },
    ]);
    expect(providersOf([APP, { ...APP, id: "none", issuer: "https://none.example", vouchesFor: [] }])).toMatchObject([
      { vouchesFor: [] },
      { vouchesFor: [] },
    ]);
    const google = { id: "google", preset: "google", clientId: "portcullis", clientSecret: CANARY };
    expect(providersOf([{ ...google, vouchesFor: ["hd"] }])).toMatchObject([{ vouchesFor: ["hd"] }]);
    expect(providersOf([{ ...google, vouchesFor: [] }])).toMatchObject([{ vouchesFor: [] }]);
  });

  const FAULTY: readonly (readonly [string, unknown, string])[] = [
    ["invalid JSON", `[{"clientSecret":"${CANARY}"`, ": must be a JSON array"],
    ["an object", { ...APP }, ": must be a JSON array"],
    ["a provider that is a text", [CANARY], "[0]: "],
    ["an id with capitals", [{ ...APP, id: "App" }], "[0].id: "],
    ["an id that is too long", [{ ...APP, id: "a".repeat(33) }], "[0].id: "],
    ["the same id twice", [APP, { ...APP, issuer: "https://id.other.example" }], ": each provider must have a unique id"],
    ["the same issuer twice", [APP, { ...APP, id: "other" }], ": each provider must have a unique issuer"],
    ["one issuer in two spellings", [APP, { ...APP, id: "other", issuer: "https://ID.app.example/" }], ": each provider must have a unique issuer"],
    ["an unknown preset", [{ ...APP, preset: CANARY }], "[0].preset: must be google, microsoft or github"],
    ["a preset out of the prototype", [{ ...APP, preset: "constructor" }], "[0].preset: "],
    ["no issuer", [{ ...APP, issuer: undefined }], "[0].issuer: "],
    ["no name", [{ ...APP, name: undefined }], "[0].name: "],
    ["no secret", [{ ...APP, clientSecret: undefined }], "[0].clientSecret: "],
    ["an empty secret", [{ ...APP, clientSecret: "" }], "[0].clientSecret: "],
    ["a secret with a line break", [{ ...APP, clientSecret: `${CANARY}\n` }], "[0].clientSecret: "],
    ["a secret that is a list", [{ ...APP, clientSecret: [CANARY] }], "[0].clientSecret: "],
    ["an unknown key", [{ ...APP, [CANARY]: true }], "[0]: has an unknown key"],
    ["scopes without openid", [{ ...APP, scopes: "email" }], "[0].scopes: must contain openid"],
    ["scopes with two spaces", [{ ...APP, scopes: "openid  email" }], "[0].scopes: "],
    ["an issuer of a preset", [{ ...APP, preset: "google" }], "[0]: has an unknown key"],
    ["a tenant that leads elsewhere", [{ id: "m", preset: "microsoft", clientId: "a", clientSecret: CANARY, tenant: "../x" }], "[0].tenant: "],
    ["a domain that is an address", [{ ...APP, vouchesFor: [`a@${CANARY}.example`] }], "[0].vouchesFor.0: must be a domain"],
    ["domains that are a text", [{ ...APP, vouchesFor: "app.example" }], "[0].vouchesFor: "],
    ...["", " ", "*.app.example", "app.example.", "https://app.example", "hd", "app example", "**"].map(
      (domain) => [`the domain ${JSON.stringify(domain)}`, [{ ...APP, vouchesFor: ["app.example", domain] }], "[0].vouchesFor.1: must be a domain such as example.com or *"] as const,
    ),
    ["another word than hd at Google", [{ id: "g", preset: "google", clientId: "a", clientSecret: CANARY, vouchesFor: ["app.example", "x y"] }], "[0].vouchesFor.1: must be a domain such as example.com, hd or *"],
    ["another authentication method", [{ ...APP, authentication: CANARY }], "[0].authentication: "],
    ...["http://id.app.example", "ftp://id.app.example", `https://u:${CANARY}@id.app.example`, "https://id.app.example?a", "https://id.app.example#a", "id.app.example", `${CANARY} `].map(
      (issuer) => [`the issuer ${issuer}`, [{ ...APP, issuer }], "[0].issuer: "] as const,
    ),
  ]; // biome-ignore format: a line for each

  it.each(FAULTY)("are rejected with %s, without revealing values", (_, entries, place) => {
    const { settings, faults } = read(entries);
    expect(faults).toEqual([expect.stringContaining(`SOCIAL_PROVIDERS${place}`)]);
    expect(faults.join()).not.toContain(CANARY);
    if (!place.startsWith(": each")) expect(settings.providers).toEqual([]);
  });

  it("may be served over http in development, but not in production", () => {
    const entries = [{ ...APP, issuer: "http://127.0.0.1:8080" }];
    expect(read(entries, { production: false }).faults).toEqual([]);
    expect(read(entries).faults).toHaveLength(1);
  });
});

describe("the redirect URIs", () => {
  const faultsOf = (uri: string, production = true) => read([APP], { redirectUris: [uri], production }).faults;

  it.each(["https://app.example", "https://app.example/cb?from=x", "com.example.app:/cb", "com.example.app://cb"])(
    "may be %s, with its spelling kept",
    (uri) => {
      expect(read([APP], { redirectUris: [uri] })).toMatchObject({ faults: [], settings: { redirectUris: [uri] } });
    },
  );

  it.each([
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a.example/x",
    "about:blank", "myapp:/cb", "ftp://app.example/cb", "http://app.example/cb", "http://localhost:3000/cb", "//app.example/cb", "/cb",
    "https://app.example/cb#part", "https://*.app.example/cb", "https://user@app.example/cb", "https://app .example/cb",
  ])("are never %s in production", (uri) => {
    expect(faultsOf(uri)).toEqual([expect.stringMatching(/^SOCIAL_REDIRECT_URIS\[0\]: /)]);
  }); // biome-ignore format: one list

  it("may be http pages in development", () => {
    expect(faultsOf("http://localhost:3000/cb", false)).toEqual([]);
    expect(faultsOf("javascript:alert(1)", false)).toHaveLength(1);
  });

  it("contain the hosted page", () => {
    const hostedPage = "https://id.example.com/sign-in/callback";
    const app = "https://app.example/cb";
    expect(read([APP], { redirectUris: undefined, hostedPage })).toMatchObject({
      faults: [],
      settings: { redirectUris: [hostedPage] },
    });
    expect(read([APP], { redirectUris: [app], hostedPage }).settings.redirectUris).toEqual([app, hostedPage]);
  });

  it("are required if there are providers", () => {
    expect(read([APP], { redirectUris: [] }).faults).toEqual([
      "SOCIAL_REDIRECT_URIS: required if SOCIAL_PROVIDERS is set",
    ]);
    expect(read([APP], { redirectUris: undefined }).faults).toHaveLength(1);
  });
});
