import { describe, expect, it } from "vitest";
import { faultsOfProductName, findMistypedNames, isMailSender, isOrigin } from "./setting-checks.ts";

describe("an origin", () => {
  it.each(["https://app.example.com", "http://localhost:3000", "https://[::1]:8443", "capacitor://localhost"])(
    "is %s",
    (text) => {
      expect(isOrigin(text)).toBe(true);
    },
  );
  it.each([
    "app.example.com",
    "https://app.example.com/",
    "https://app.example.com/path",
    "https://user@app.example.com",
    "https://APP.example.com",
    "https://app.example.com:443",
    "https://*.example.com",
    "https://a.example https://b.example",
    "null",
    "",
  ])("is not %j", (text) => {
    expect(isOrigin(text)).toBe(false);
  });
});

describe("a sender of mail", () => {
  it.each(["a@example.com", "Portcullis <no-reply@localhost>", '"Ex, Ample" <a@example.com>'])("is %s", (text) => {
    expect(isMailSender(text)).toBe(true);
  });
  it.each([
    "Portcullis",
    "a@",
    "@example.com",
    "A <a@example.com",
    "a@example.com, b@example.com",
    "A <a@b>\r\nBcc: c@d",
  ])("is not %j", (text) => {
    expect(isMailSender(text)).toBe(false);
  });
});

describe("the name of the product", () => {
  it.each(["Portcullis", "acme.example", "Müller & Söhne “ID”", "بوابة", "日本 ID", "x"])("can be %s", (name) => {
    expect(faultsOfProductName(name)).toEqual([]);
  });
  it.each([
    ["", "Enter a name."],
    ["Acme\r\nBcc: victim@example.com", "Control characters"],
    ["Acme\u202EDI", "Invisible characters"],
    ["Ac\u200Bme", "Invisible characters"],
    ["\u2066Acme\u2069", "Invisible characters"],
    ["\u2800", "visible characters"],
    ["Acme: ID", "A colon"],
    ["x".repeat(61), "at most 60 characters"],
  ])("cannot be %j", (name, words) => {
    expect(faultsOfProductName(name).join()).toContain(words);
  });
});

describe("a mistyped setting", () => {
  const known = ["DATABASE_URL", "REDIS_URL", "SMTP_URL", "PORT"];
  it.each([
    ["DATABSE_URL", "DATABASE_URL"],
    ["DATABASE_ULR", "DATABASE_URL"],
    ["DATABASEURL", "DATABASE_URL"],
    ["database_url", "DATABASE_URL"],
    ["REDIS_URI", "REDIS_URL"],
  ])("is %s", (name, meant) => {
    expect(findMistypedNames([name], known)).toEqual([{ name, meant }]);
  });
  it.each(["PATH", "PORTS", "HTTP_URL", "DATABASE_HOST", "npm_config_registry"])("is not %s", (name) => {
    expect(findMistypedNames([name], known)).toEqual([]);
  });
  it("is not that of another program, if the setting is there", () => {
    expect(findMistypedNames(["DATABASE_URI", "DATABASE_URL"], known)).toEqual([]);
  });
});
