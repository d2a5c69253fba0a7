import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { inventoryOf, listLogMessages, withInventory } from "../../scripts/log-inventory.ts";

it("docs/logs.md lists every message that is logged (npm run logs)", async () => {
  const document = await readFile(new URL("../../docs/logs.md", import.meta.url), "utf8");
  const messages = await listLogMessages();
  expect(messages.length).toBeGreaterThan(50);
  expect(document).toBe(withInventory(document, inventoryOf(messages)));
});

it("docs/logs.md describes messages that are logged", async () => {
  const document = await readFile(new URL("../../docs/logs.md", import.meta.url), "utf8");
  const described = [...document.matchAll(/^\| ([^|]+) \| (?:warn|info|error) \|/gm)].flatMap(([, names = ""]) =>
    names.split(", "),
  );
  const logged = new Set((await listLogMessages()).map(({ message }) => message));
  expect(described.length).toBeGreaterThan(4);
  expect(described.filter((message) => !logged.has(message))).toEqual([]);
});
