import { z } from "zod";
import { tooPaleForButtons } from "#shared/brand-colors";
import { type HexColor, isHexColor } from "#shared/contrast";
import { faultsOfProductName, isDecodable, isOrigin } from "#shared/setting-checks";
import { NetworkSet } from "./geoip/network-set.ts";

// The types of setting values, each parsed from text.

export const flag = z.enum(["true", "false"]).transform((value) => value === "true");
export const count = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
export const list = z.string().transform((value) => value.split(",").map((item) => item.trim()).filter(Boolean)); // biome-ignore format: one step
export const httpUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
/** A page of the frontend, unchanged: a hash-routed URL ends in `#/route`, and its slashes matter. */
export const pageUrl = z.url({ protocol: /^https?$/ });
/** A web page, or an address to write to. */
export const helpUrl = z.union(
  [pageUrl, z.url({ protocol: /^mailto$/ })],
  "a URL (https://…), or mailto: and an address",
);
/** The name of the product for its users; it is part of mail headers and of the names in authenticator apps. */
export const productName = z
  .string()
  .transform((name) => name.trim())
  .superRefine((name, context) => {
    for (const message of faultsOfProductName(name)) context.addIssue(message);
  });
/** The address of a server, or of several separated by commas (a cluster, sentinels): each must form a valid URL. */
export const servers = (protocol: RegExp) =>
  z.string().refine((text) => {
    const [, scheme = "", login = "", hosts = "", rest = ""] = /^([^:]*:\/\/)([^@/]*@)?([^/?]*)(.*)$/.exec(text) ?? [];
    if (!isDecodable(login)) return false;
    return hosts.split(",").every((host) => z.url({ protocol }).safeParse(scheme + login + host + rest).success);
  }, "Invalid URL");
export const redisServers = servers(/^rediss?(\+(sentinel|cluster))?$/).refine(
  (text) => !text.includes("+sentinel:") || /^[^/]+\/\/[^/]+\/[^/?]+$/.test(text),
  "the name of the primary follows the sentinels: redis+sentinel://one:26379,two:26379/name",
);
export const origins = list.refine(
  // app/config.ts rejects `*` in production.
  (items) => items.every((item) => item === "*" || isOrigin(item)),
  "each is scheme://host[:port] in lower case, without a path: https://app.example.com",
);
export const ringKeys = z.string().transform((value, context) => {
  const keys = value.split(",").map((entry) => {
    const [id = "", secret = ""] = entry.trim().split(":");
    return { id, secret: Buffer.from(secret, "base64") };
  });
  if (keys.some(({ id, secret }) => !/^\w{1,16}$/.test(id) || secret.length !== 32))
    context.addIssue("each key is name:base64 of 32 bytes, separated by commas, the newest first");
  if (new Set(keys.map(({ id }) => id)).size < keys.length) context.addIssue("each key has a different name");
  return keys;
});

export const networks = z.string().transform((value, context) => {
  try {
    // In files these characters begin comments; here they would hide the rest.
    if (/[#;]/.test(value)) throw new Error("A list in a setting must not contain comments.");
    return NetworkSet.parse(value.replaceAll(",", "\n"));
  } catch {
    context.addIssue("networks such as 10.20.0.0/16, separated by commas");
    return z.NEVER;
  }
});

/** A colour that buttons can have. */
export const brandColor = z.string().transform((value, context): HexColor => {
  if (!isHexColor(value)) {
    context.addIssue("a colour such as #0f6460");
    return z.NEVER;
  }
  const contrast = tooPaleForButtons(value);
  if (contrast !== null)
    context.addIssue(
      `a button in this colour looks like a white page (contrast ${contrast.toFixed(2)}:1, at least 1.25:1 is needed). ` +
        "Choose a darker colour.",
    );
  return value;
});
