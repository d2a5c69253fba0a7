import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generateKeyPair, importJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECOND } from "#shared/durations";
import { createUser } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** The guide's samples for other services, each run unchanged against a real server. */

const ISSUER = "https://id.example.com";
const run = promisify(execFile);

let app: TestApp;
let section: string;
let place: string;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ISSUER } });
  section = await readFile(new URL("../../../docs/services.md", import.meta.url), "utf8");
  place = await mkdtemp(join(tmpdir(), "portcullis-samples-"));
});
afterAll(async () => {
  await rm(place, { recursive: true, force: true });
  await app.stop();
});

/** The only block of a language, with the URL of this server's keys. */
const sampleIn = (language: string): string => {
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(section) ?? [];
  expect(block, language).toContain(`${ISSUER}/.well-known/jwks.json`);
  return (block ?? "").replace(`${ISSUER}/.well-known/jwks.json`, `${app.url}/.well-known/jwks.json`);
};

/** A valid token, and others that differ from it in one thing each. */
const tokens = async (): Promise<{ good: Record<string, string>; bad: Record<string, string>; user: string }> => {
  const { id, client } = await createUser(app, { elevated: false });
  const good = String(client.accessToken);
  const [, payload = "", signature = ""] = good.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const { kid, privateKey, publicJwk } = await app.app.signingKeys.current();
  const header = { alg: "EdDSA", kid, typ: "at+jwt" };
  type Key = Parameters<SignJWT["sign"]>[0];
  const signed = (changes: object, head: object = {}, key: Key = privateKey) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...header, ...head }).sign(key);
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const another = await generateKeyPair("EdDSA");
  const rs256 = await generateKeyPair("RS256");
  const now = Math.floor(app.clock.now().getTime() / SECOND);
  const asSecret = await importJWK({ kty: "oct", k: publicJwk?.x ?? "" }, "HS256");
  return {
    user: id,
    good: { "a login's": good, "one with an additional claim": await signed({ added: "later" }) },
    bad: {
      "an expired one": await signed({ iat: now - 1_000, exp: now - 100 }),
      "one for another audience": await signed({ aud: "billing" }),
      "one without an audience": await signed({ aud: undefined }),
      "another issuer's": await signed({ iss: "https://elsewhere.example" }),
      "one without an issuer": await signed({ iss: undefined }),
      "one without an expiry": await signed({ exp: undefined }),
      "one without a user": await signed({ sub: undefined }),
      "an elevated one": await signed({ elevated_until: now + 600 }),
      "one that only allows enrolment": await signed({ enrolment_only: true }),
      "a JWT of another kind": await signed({}, { typ: "JWT" }),
      "a JWT without a type": await signed({}, { typ: undefined }),
      "one signed with another key, under our kid": await signed({}, {}, another.privateKey),
      "one signed with another key, under its own kid": await signed({}, { kid: "another" }, another.privateKey),
      "one signed with another key that is in its header": await signed(
        {},
        { kid: "another", jwk: { kty: "OKP", crv: "Ed25519", x: publicJwk?.x } },
        another.privateKey,
      ),
      "one with another algorithm": await signed({}, { alg: "RS256" }, rs256.privateKey),
      "one signed with the public key as a secret": await signed({}, { alg: "HS256" }, asSecret),
      "one without an algorithm": `${encoded({ ...header, alg: "none" })}.${payload}.`,
      "one without its signature": `${encoded(header)}.${payload}.`,
      "one with changed claims": `${encoded(header)}.${encoded({ ...claims, roles: ["OPERATOR"] })}.${signature}`,
      "a truncated one": good.slice(0, good.length / 2),
      "no token": "canary",
    },
  };
};

/** Runs a program that reads tokens, one per line, and prints for each the id of its user, or that it refuses it. */
const judge = async (program: string, args: readonly string[], given: readonly string[]): Promise<string[]> => {
  const running = run(program, [...args], {
    cwd: place,
    env: { ...process.env, GOFLAGS: "-mod=mod" },
  });
  running.child.stdin?.end(`${given.join("\n")}\n`);
  return (await running).stdout.trim().split("\n");
};

const PROGRAMS: Readonly<Record<string, () => Promise<(given: readonly string[]) => Promise<string[]>>>> = {
  async js() {
    await symlink(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(place, "node_modules"));
    await writeFile(join(place, "verify.mjs"), sampleIn("js"));
    await writeFile(
      join(place, "main.mjs"),
      `import { text } from "node:stream/consumers";
      import { verify } from "./verify.mjs";
      for (const token of (await text(process.stdin)).trim().split("\\n"))
        console.log(await verify(token).then(({ sub }) => sub, () => "refused"));`,
    );
    return (given) => judge(process.execPath, ["main.mjs"], given);
  },
  async python() {
    const harness = `
import sys
for line in sys.stdin:
    try:
        print(verify(line.strip())["sub"])
    except jwt.PyJWTError:
        print("refused")
`;
    await writeFile(join(place, "verify.py"), sampleIn("python") + harness);
    const python = await pythonWithJwt();
    return (given) => judge(python, ["verify.py"], given);
  },
  async go() {
    await writeFile(join(place, "verify.go"), sampleIn("go").replace("package portcullis", "package main"));
    await writeFile(
      join(place, "main.go"),
      `package main
      import ("bufio"; "fmt"; "os")
      func main() {
        lines := bufio.NewScanner(os.Stdin)
        for lines.Scan() {
          if claims, err := Verify(lines.Text()); err == nil { fmt.Println(claims.User) } else { fmt.Println("refused") }
        }
      }`,
    );
    return (given) => judge("go", ["run", "main.go", "verify.go"], given);
  },
  async java() {
    const main = `final class Main {
      public static void main(String[] args) throws Exception {
        for (String token : new String(System.in.readAllBytes()).trim().split("\\n"))
          try { System.out.println(AccessTokens.verify(token).getSubject()); }
          catch (InvalidJwtException refused) { System.out.println("refused"); }
      }
    }
    `;
    // Java runs the first class of a file.
    const sample = sampleIn("java");
    await writeFile(
      join(place, "Main.java"),
      sample.replace("final class AccessTokens", `${main}final class AccessTokens`),
    );
    return (given) => judge("java", ["-cp", JARS.join(":"), "Main.java"], given);
  },
};

const MAVEN = join(homedir(), ".m2/repository/org");
const JARS = [
  join(MAVEN, "bitbucket/b_c/jose4j/0.9.6/jose4j-0.9.6.jar"),
  join(MAVEN, "slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar"),
];

const pythonWithJwt = async (): Promise<string> => {
  for (const python of ["python3", "/usr/bin/python3"])
    if (
      await run(python, ["-c", "import jwt, cryptography"]).then(
        () => true,
        () => false,
      )
    )
      return python;
  throw new Error("PyJWT is not installed.");
};

/**
 * The samples in other languages need tools that few machines have, so they run only if named: SAMPLE_LANGUAGES=js,python,go,java
 * (python3-jwt and golang-go of Debian; a JDK, with jose4j 0.9.6 in Maven's repository).
 */
const LANGUAGES = (process.env.SAMPLE_LANGUAGES ?? "js").split(",");

describe("the guide's sample in", () => {
  it.for(LANGUAGES)("%s accepts every valid token and refuses every invalid one", async (language) => {
    const { good, bad, user } = await tokens();
    const judged = await (await PROGRAMS[language]?.())?.([
      ...Object.values(good),
      ...Object.values(bad),
      ...Object.values(good),
    ]);
    const names = [...Object.keys(good), ...Object.keys(bad), ...Object.keys(good)];
    expect(names.map((name, n) => [name, judged?.[n]])).toEqual(
      names.map((name) => [name, name in good ? user : "refused"]),
    );
  });
});
