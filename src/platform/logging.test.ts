import { execFile } from "node:child_process";
import { Writable } from "node:stream";
import { promisify } from "node:util";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, it } from "vitest";
import { createLogger } from "./logging.ts";

const logging = () => {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  return { lines, log: createLogger({ level: "info", destination }) };
};

describe("the log", () => {
  it("omits secrets by their keys, at any depth", () => {
    const { lines, log } = logging();
    log.info(
      { password: "canary", input: { newPassword: "canary", name: "Ada" }, list: [{ a: { token: "canary" } }] },
      "x",
    );
    expect(JSON.stringify(lines)).not.toContain("canary");
    expect(lines).toMatchObject([{ input: { name: "Ada" }, list: [{ a: {} }] }]);
  });

  it("contains the type and message of an error", () => {
    const { lines, log } = logging();
    log.warn({ err: new TypeError("it broke") }, "x");
    expect(lines).toMatchObject([{ err: { type: "TypeError", message: "it broke" } }]);
  });

  it("contains the cause of an error, but never the values of its query", () => {
    const { lines, log } = logging();
    const refused = Object.assign(new Error('invalid input: "canary"'), { code: "22P02" });
    const query = new DrizzleQueryError("insert into links values ($1)", ["canary"], refused);
    log.error({ err: new Error("the mail was not written", { cause: query }) }, "x");
    expect(lines).toMatchObject([{ err: { message: "the mail was not written", cause: { errorCode: "22P02" } } }]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });

  it("handles circular causes", () => {
    const { lines, log } = logging();
    const error = new Error("it is its own cause");
    error.cause = error;
    log.error({ err: error }, "x");
    expect(lines).toMatchObject([{ err: { message: "it is its own cause" } }]);
  });

  it("handles circular objects", () => {
    const { lines, log } = logging();
    const circle: Record<string, unknown> = { name: "round", token: "canary" };
    circle.self = circle;
    log.info({ circle }, "x");
    expect(lines).toMatchObject([{ circle: { name: "round" } }]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });
});

describe("standard output in batches", () => {
  it.each([
    ["exits", "process.exit(3);"],
    ["fails", 'setImmediate(() => { throw new Error("unforeseen"); });'],
  ])("contains every line once although the process %s immediately", async (_, end) => {
    const logging = JSON.stringify(new URL("./logging.ts", import.meta.url).href);
    const program = `
      const { batchedOutput, createLogger } = await import(${logging});
      const log = createLogger({ level: "info", destination: batchedOutput() });
      for (let line = 1; line <= 100; line++) log.info({ line }, "said");
      ${end}`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--import",
      "tsx",
      "--input-type=module",
      "-e",
      program,
    ]).catch((exit: { stdout: string }) => exit);
    // Two batches may be swapped at the very end; each line contains its time.
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => Number(JSON.parse(line).line));
    expect(lines.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_line, n) => n + 1));
  });
});
