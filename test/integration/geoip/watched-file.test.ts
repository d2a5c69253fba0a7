import { mkdtemp, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, inject, it, vi } from "vitest";
import { WatchedFile } from "#platform/geoip/watched-file";
import { createLogger } from "#platform/logging";
import { HOUR } from "#shared/durations";
import { WAIT } from "../../support/timeouts.ts";

let path: string;
let read: string[];
let file: WatchedFile<{ text: string }>;
beforeEach(async () => {
  path = join(await mkdtemp(join(inject("runDirectory"), "watched-")), "file.txt");
  await writeFile(path, "one");
  read = [];
  file = watch(100);
});
const watch = (pollIntervalMs: number) => {
  const parse = (bytes: Buffer) => {
    read.push(bytes.toString());
    return { text: bytes.toString() };
  };
  return new WatchedFile({ name: "a file", path, parse, log: createLogger({ level: "silent" }), pollIntervalMs });
};
afterEach(() => file.close());

it("reads a file once as long as it does not change", async () => {
  await file.start();
  await writeFile(path, "two!");
  await vi.waitFor(() => expect(file.content?.text).toBe("two!"), WAIT);
  expect(read).toEqual(["one", "two!"]);
});

it("does not read a file while another process writes it", async () => {
  // It only checks when the test makes it check.
  file = watch(HOUR);
  await file.start();
  const writing = await open(path, "w");
  for (let line = 0; line < 40; line++) {
    await writing.write(`line ${line}\n`);
    await file.start();
  }
  await writing.close();
  expect(read).toEqual(["one"]);
  await file.start();
  expect(file.content?.text).toMatch(/^line 0\n(line \d+\n)+line 39\n$/);
  expect(read).toHaveLength(2);
});

it("checks no more after it is closed", async () => {
  await file.start();
  file.close();
  await writeFile(path, "two!");
  await delay(400);
  expect(read).toEqual(["one"]);
});
