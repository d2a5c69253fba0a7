import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { parse, validate } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ERROR_STATUS } from "../../../src/shared/errors.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import type { GraphQLClient } from "../../support/graphql.ts";

let app: TestApp;
let readme: string;
beforeAll(async () => {
  readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  // As `npm start` runs it: without SMTP, with the mailbox page.
  app = await startTestApp({ settings: { SMTP_URL: "" } });
});
afterAll(() => app.stop());

/** The fenced blocks of a language, in order; all of them, or those below one heading. */
const blocksOf = (language: string, heading?: string): string[] => {
  const text = heading ? readme.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] : readme;
  return [...(text ?? "").matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );
};

const tokenInMailbox = async (): Promise<string> => {
  const readLinks = async () => {
    const mails = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as { links: string[] }[];
    return mails[0]?.links[0] ?? "";
  };
  await expect.poll(readLinks, { timeout: 5_000 }).toContain("token=");
  return new URL(await readLinks()).searchParams.get("token") ?? "";
};

/** Pastes one block, with what a person would put in the place of the capitals. */
const paste = (client: GraphQLClient, block: string, token = "") =>
  client.ask(block.replace("TOKEN_FROM_THE_MAIL", token).replace("YOUR_REFRESH_TOKEN", client.refreshToken ?? ""));

const bash = async (...lines: string[]) => (await promisify(execFile)("bash", ["-c", lines.join("\n")])).stdout;

it("leads a newcomer through the first login, block by block", async () => {
  const [register = "", verifyEmail = "", login = "", me = "", refresh = "", ...more] = blocksOf(
    "graphql",
    "A first login",
  );
  expect(more).toEqual([]);
  const client = app.client();
  expect(await paste(client, register)).toEqual({ register: { next: "VERIFY_EMAIL" } });
  expect(await paste(client, verifyEmail, await tokenInMailbox())).toMatchObject({
    verifyEmail: { email: "ada@example.com" },
  });
  const { tokens } = (await paste(client, login)).login;
  Object.assign(client, { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken });
  expect(await paste(client, me)).toMatchObject({ me: { name: "Ada" }, sessions: [{ current: true }] });
  const { refreshToken } = await paste(client, refresh);
  client.accessToken = refreshToken.accessToken;
  expect(await paste(client, me)).toMatchObject({ me: { name: "Ada" } });
});

it("shows the same with curl", async ({ skip }) => {
  await bash("command -v curl bash").catch(() => skip("there is no curl here"));
  const script = blocksOf("sh", "A first login").find((block) => block.includes("curl")) ?? "";
  const local = script.replace("localhost:4000", new URL(app.url).host);
  const [definition = "", login = "", me = ""] = local.split("\n").filter((line) => line !== "");
  const answer = JSON.parse(await bash(definition, login));
  const { accessToken } = answer.data.login.tokens;
  expect(JSON.parse(await bash(definition, `ACCESS_TOKEN=${accessToken}`, me)).data.me.email).toBe("ada@example.com");
});

it("asks nothing that the schema does not know", () => {
  const blocks = blocksOf("graphql");
  expect(blocks.length).toBeGreaterThan(5);
  for (const block of blocks) expect(validate(app.app.schema, parse(block))).toEqual([]);
});

it("lists every error code", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code = "", status]) => [
    code,
    Number(status),
  ]);
  expect(Object.fromEntries(rows)).toEqual(ERROR_STATUS);
});
