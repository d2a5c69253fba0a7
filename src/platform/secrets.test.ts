import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KeyRing } from "./secrets.ts";

const keyRing = new KeyRing([{ id: "new", secret: randomBytes(32) }]);

describe("a secret at rest", () => {
  it("can only be decrypted in its own context, and unchanged", () => {
    const sealed = keyRing.encrypt(Buffer.from("JBSWY3DP"), "totp:alice");
    expect(keyRing.decrypt(sealed, "totp:alice").toString()).toBe("JBSWY3DP");
    expect(() => keyRing.decrypt(sealed, "totp:bob")).toThrow();
    expect(() => keyRing.decrypt(sealed.slice(0, -2), "totp:alice")).toThrow();
  });

  it("is authenticated by its whole tag, because a shortened one could be guessed", () => {
    const [id, iv, tag = ""] = keyRing.encrypt(Buffer.alloc(0), "totp:alice").split(".");
    for (const length of [0, 1, 4, 8, 12, 15]) {
      const shortened = Buffer.from(tag, "base64url").subarray(0, length).toString("base64url");
      expect(() => keyRing.decrypt(`${id}.${iv}.${shortened}`, "totp:alice"), `${length} bytes`).toThrow();
    }
  });
});
