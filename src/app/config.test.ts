import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FEATURES } from "#features/index";
import { ConfigError } from "./config/config-error.ts";
import { checkFiles } from "./config/files.ts";
import { readConfig } from "./config.ts";

const KEY = `k1:${Buffer.alloc(32, 1).toString("base64")}`;

const PRODUCTION = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://id.example.com/",
  DATABASE_URL: "postgres://user:canary@db/portcullis",
  SMTP_URL: "smtp://mail",
  MAIL_FROM: "Portcullis <no-reply@example.com>",
  SECRET_KEYS: KEY,
  CORS_ORIGINS: "https://app.example.com, https://www.example.com",
};

/** The path of a file with this content. */
const written = async (text: string): Promise<string> => {
  const path = join(await mkdtemp(join(tmpdir(), "portcullis-secret-")), "value");
  await writeFile(path, text);
  return path;
};

/** The reported faults of these settings; empty if they are accepted. */
const faultsOf = (settings: Record<string, string>): string[] => {
  try {
    readConfig(settings);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
};

describe("settings", () => {
  it("are all optional in development", () => {
    expect(readConfig({})).toMatchObject({ production: false, port: 4_000, publicUrl: "http://localhost:4000" });
  });

  it("count as absent when they are empty, as compose files pass them", () => {
    expect(readConfig({ REDIS_URL: "", PORT: "" })).toMatchObject({ redisUrl: undefined, port: 4_000 });
  });

  it("with secrets may be in files, whose last line break does not count", async () => {
    expect(readConfig({ REDIS_URL_FILE: await written("redis://cache:6379\n") })).toMatchObject({
      redisUrl: "redis://cache:6379",
    });
    expect(
      readConfig({ ...PRODUCTION, DATABASE_URL: "", DATABASE_URL_FILE: await written("postgres://db/one") }),
    ).toMatchObject({
      databaseUrl: "postgres://db/one",
    });
  });

  it("are refused if their file is missing, empty or beside the value, without the value", async () => {
    expect(faultsOf({ REDIS_URL_FILE: "/nowhere/canary" })).toEqual([
      "REDIS_URL_FILE: the file cannot be read (ENOENT)",
    ]);
    expect(faultsOf({ REDIS_URL_FILE: await written("\n") })).toEqual(["REDIS_URL_FILE: the file is empty"]);
    expect(faultsOf({ REDIS_URL: "redis://cache", REDIS_URL_FILE: await written("redis://canary") })).toEqual([
      "REDIS_URL, REDIS_URL_FILE: set only one of them",
    ]);
    expect(faultsOf({ SECRET_KEYS_FILE: await written("canary") })).toEqual([expect.not.stringContaining("canary")]);
  });

  it("of a program replace the usual defaults, but not values that are set", () => {
    expect(readConfig({}, { LOG_LEVEL: "warn" }).logLevel).toBe("warn");
    expect(readConfig({ LOG_LEVEL: "debug" }, { LOG_LEVEL: "warn" }).logLevel).toBe("debug");
  });

  it.each([
    "redis://user:secret@cache:6379/0",
    "rediss://cache",
    "redis+sentinel://one:26379,two:26379,three/primary",
    "redis+cluster://user:secret@one:6379,two:6379",
  ])("accept %s as a Redis", (url) => {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  });

  it("include identity providers, and report their faults with the others, without a value", () => {
    const registered = { clientId: "portcullis", clientSecret: "canary" };
    const providers = [{ id: "google", preset: "google", ...registered }];
    const uris = { WEB: "off", SOCIAL_REDIRECT_URIS: "https://app.example.com/cb, com.example.app:/cb" };
    expect(readConfig({ SOCIAL_PROVIDERS: JSON.stringify(providers), ...uris }).social).toMatchObject({
      providers: [{ id: "google", clientSecret: "canary" }],
      redirectUris: ["https://app.example.com/cb", "com.example.app:/cb"],
    });
    expect(readConfig({ WEB: "off" }).social).toEqual({ providers: [], redirectUris: [] });
    const faults = faultsOf({
      ...PRODUCTION,
      PUBLIC_URL: "http://id.example.com",
      SOCIAL_PROVIDERS: JSON.stringify([
        { id: "acme", name: "Acme", issuer: "http://canary.example.com", ...registered },
      ]),
      SOCIAL_REDIRECT_URIS: "http://canary.example.com/cb",
    });
    expect(faults).toEqual([
      expect.stringMatching(/^PUBLIC_URL: /),
      expect.stringMatching(/^SOCIAL_PROVIDERS\[0\]\.issuer: /),
      expect.stringMatching(/^SOCIAL_REDIRECT_URIS\[0\]: /),
    ]);
    expect(faults.join()).not.toContain("canary");
  });

  it("allow addresses given by users to lead to private networks, each listed", () => {
    const { outgoingPrivateNetworks: networks } = readConfig({ OUTGOING_PRIVATE_NETWORKS: "10.20.0.0/16, fd00::1" });
    expect(["10.20.3.4", "fd00::1", "10.21.0.1", "127.0.0.1"].filter((address) => networks?.has(address))).toEqual([
      "10.20.3.4",
      "fd00::1",
    ]);
    expect(readConfig({}).outgoingPrivateNetworks).toBeNull();
  });

  it.each(["10.20.0.0/33", "sap.example.com", ",", "10.20.0.0/16; fd00::1"])("reject %s as networks", (text) => {
    expect(faultsOf({ OUTGOING_PRIVATE_NETWORKS: text })).toEqual([
      "OUTGOING_PRIVATE_NETWORKS: networks such as 10.20.0.0/16, separated by commas",
    ]);
  });

  it.each(["cache:6379", "http://cache", "redis://one:port", "redis+cluster://one,two:port"])(
    "reject %s as a Redis",
    (url) => {
      expect(faultsOf({ REDIS_URL: url })).toEqual(["REDIS_URL: Invalid URL"]);
    },
  );

  it.each([
    ["k1:c2hvcnQ=", "each key is name:base64 of 32 bytes"],
    [`${KEY},${KEY}`, "each key has a different name"],
  ])("refuse the key ring %j without quoting it", (keys, words) => {
    expect(faultsOf({ SECRET_KEYS: keys }).join()).toContain(words);
  });

  it("read a key ring with the newest key first", () => {
    expect(readConfig({ SECRET_KEYS: `k2:${Buffer.alloc(32, 2).toString("base64")},${KEY}` }).secretKeys).toEqual([
      { id: "k2", secret: Buffer.alloc(32, 2) },
      { id: "k1", secret: Buffer.alloc(32, 1) },
    ]);
  });
});

describe("the brand", () => {
  it("is that of Portcullis, without links, if nothing is set", () => {
    expect(readConfig({})).toMatchObject({ product: "Portcullis", appUrl: undefined, supportUrl: undefined });
  });

  it("includes the name, the app, and help on a page or by mail", () => {
    const settings = {
      PRODUCT_NAME: " Acme ID ",
      APP_URL: "https://app.example.com/#/",
      SUPPORT_URL: "mailto:help@example.com",
    };
    expect(readConfig(settings)).toMatchObject({
      product: "Acme ID",
      appUrl: "https://app.example.com/#/",
      supportUrl: "mailto:help@example.com",
      mailFrom: '"Acme ID" <no-reply@localhost>',
    });
  });

  it.each([
    [{ PRODUCT_NAME: "  " }, "PRODUCT_NAME: Enter a name."],
    [{ PRODUCT_NAME: "Acme\r\nBcc canary@example.com" }, "PRODUCT_NAME: Control characters are not allowed."],
    [{ PRODUCT_NAME: "canary\u202E" }, "PRODUCT_NAME: Invisible characters"],
    [{ APP_URL: "javascript:canary" }, "APP_URL: Invalid URL"],
    [{ SUPPORT_URL: "tel:canary" }, "SUPPORT_URL: a URL (https://…), or mailto: and an address"],
  ])("is refused with one message and no value: %j", (settings, words) => {
    const faults = faultsOf(settings as Record<string, string>);
    expect(faults).toEqual([expect.stringContaining(words)]);
    expect(faults.join()).not.toContain("canary");
  });
});

describe("passkeys", () => {
  it("are for the public URL", () => {
    expect(readConfig({}).passkeys).toEqual({ id: "localhost", origins: "ANY_PORT_OF_LOCALHOST" });
    expect(readConfig(PRODUCTION).passkeys).toEqual({ id: "id.example.com", origins: ["https://id.example.com"] });
  });

  it("are for a parent domain and several pages if that is set", () => {
    const settings = {
      PASSKEY_RP_ID: "example.com",
      PASSKEY_ORIGINS: "https://app.example.com, https://www.example.com",
    };
    expect(readConfig({ ...PRODUCTION, ...settings }).passkeys).toEqual({
      id: "example.com",
      origins: ["https://app.example.com", "https://www.example.com"],
    });
  });

  it("are off if the public URL is an IP address", () => {
    expect(readConfig({ ...PRODUCTION, PUBLIC_URL: "https://203.0.113.7" }).passkeys).toBeNull();
  });

  it("are refused with all faults, and without any value", () => {
    const faults = faultsOf({
      ...PRODUCTION,
      CORS_ORIGINS: "*",
      PASSKEY_RP_ID: "canary.test",
      PASSKEY_ORIGINS: "http://canary.test,canary",
    });
    expect(faults.map((fault) => fault.split(":")[0])).toEqual([
      "CORS_ORIGINS",
      "PASSKEY_RP_ID",
      "PASSKEY_ORIGINS",
      "PASSKEY_ORIGINS",
    ]);
    expect(faults.join()).not.toContain("canary");
  });
});

describe("production", () => {
  it("starts when all required settings are set", () => {
    expect(readConfig(PRODUCTION)).toMatchObject({
      production: true,
      introspection: false,
      publicUrl: "https://id.example.com",
      corsOrigins: ["https://app.example.com", "https://www.example.com"],
    });
    const { linkPages } = readConfig(PRODUCTION);
    expect(linkPages).toMatchObject({ "verify-email": "https://id.example.com/verify-email" });
    expect(Object.keys(linkPages)).toHaveLength(9);
  });

  it.each(FEATURES.flatMap(({ pages }) => pages))("may name a page of the frontend for links: $setting", (page) => {
    const url = "https://app.example.com/#/page/";
    expect(readConfig({ ...PRODUCTION, [page.setting]: url }).linkPages[page.path]).toBe(url);
  });

  it("is refused with all faults", () => {
    const faults = faultsOf({ NODE_ENV: "production", PORT: "many", ACCESS_TOKEN_SECONDS: "1" });
    const names = faults.map((fault) => fault.split(":")[0]);
    expect(names.sort()).toEqual(
      ["ACCESS_TOKEN_SECONDS", "PORT", ...Object.keys(PRODUCTION).filter((name) => name !== "NODE_ENV")].sort(),
    );
  });

  it.each([
    ["CORS_ORIGINS", "*"],
    ["CORS_ORIGINS", "https://app.example.com,*"],
    ["PUBLIC_URL", "http://id.example.com"],
  ])("does not accept %s=%s", (name, value) => {
    expect(faultsOf({ ...PRODUCTION, [name]: value })).toEqual([expect.stringContaining(`${name}: production`)]);
  });

  it("reports no value", () => {
    const faults = faultsOf({ ...PRODUCTION, DATABASE_URL: "canary", SECRET_KEYS: "canary", METRICS_TOKEN: "canary" });
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toContain("canary");
  });

  it.each([
    [{ REDIS_URL: "redis+sentinel://one:26379,two:26379" }, "REDIS_URL: the name of the primary follows"],
    [{ REDIS_URL: "redis+sentinel://one:26379/" }, "REDIS_URL: the name of the primary follows"],
    [{ REDIS_URL: "redis+cluster://user:%zz@one:6379" }, "REDIS_URL: Invalid URL"],
    [{ CORS_ORIGINS: "app.example.com" }, "CORS_ORIGINS: each is scheme://host"],
    [{ CORS_ORIGINS: "https://app.example.com/" }, "CORS_ORIGINS: each is scheme://host"],
    [{ MAIL_FROM: "Portcullis" }, "MAIL_FROM: one address"],
    [{ MAIL_FROM: "a@example.com\r\nBcc: b@example.com" }, "MAIL_FROM: one address"],
    [{ SECRET_KEYS: "k1:tooshort" }, "SECRET_KEYS: each key is name:base64 of 32 bytes"],
    [{ DATABSE_URL: "postgres://canary@db/x" }, "DATABSE_URL: this is not a setting; is it meant to be DATABASE_URL?"],
  ])("refuse %j with one message and no value", (settings, words) => {
    const faults = faultsOf(settings);
    expect(faults).toEqual([expect.stringContaining(words)]);
    expect(faults.join()).not.toContain("canary");
  });

  it("prevent the start if a file that they name is missing", () => {
    const config = readConfig({ GEOIP_FILE: "/nowhere/places.mmdb", NATS_CREDS_FILE: "/nowhere/nats.creds" });
    const faults = "NATS_CREDS_FILE: the file cannot be read (ENOENT)\n  GEOIP_FILE: the file cannot be read (ENOENT)";
    expect(() => checkFiles(config)).toThrow(faults);
  });
});
