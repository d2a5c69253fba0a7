import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { natsOptions } from "./nats-options.ts";

describe("the address of NATS", () => {
  it.each([
    ["nats://one", { servers: ["one"] }],
    ["nats://one:4222,two:4333", { servers: ["one:4222", "two:4333"] }],
    ["nats://alice:s%40crt@one:4222", { servers: ["one:4222"], user: "alice", pass: "s@crt" }],
    ["nats://alice:@one", { servers: ["one"], user: "alice", pass: "" }],
    ["nats://t%2Fken@one,two", { servers: ["one", "two"], token: "t/ken" }],
    ["tls://one", { servers: ["one"], tls: {} }],
  ])("%s is converted to the driver's options", (url, expected) => {
    expect(natsOptions({ url, tls: {} })).toEqual(expected);
  });

  it("is only reached by TLS if files for it are configured", () => {
    const tls = { caFile: "/ca.pem", certFile: undefined, keyFile: undefined };
    expect(natsOptions({ url: "nats://one", tls })).toEqual({ servers: ["one"], tls: { caFile: "/ca.pem" } });
  });

  it("has credentials that are read again for each connection", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nats-"));
    const credsFile = join(directory, "portcullis.creds");
    const write = (jwt: string) => {
      const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
      const section = (title: string, text: string) =>
        `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n\n`;
      return writeFile(credsFile, section("NATS USER JWT", jwt) + section("USER NKEY SEED", seed));
    };
    try {
      await write("first");
      const { authenticator } = natsOptions({ url: "nats://one", credsFile, tls: {} });
      if (typeof authenticator !== "function") throw new Error("Missing authenticator.");
      expect(authenticator("nonce")).toMatchObject({ jwt: "first", sig: expect.stringMatching(/.+/) });
      await write("second");
      expect(authenticator("nonce")).toMatchObject({ jwt: "second" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
