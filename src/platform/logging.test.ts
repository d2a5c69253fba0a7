import { Writable } from "node:stream";
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
  it("leaves out what is secret by its key, however deep it lies", () => {
    const { lines, log } = logging();
    log.info(
      { password: "canary", input: { newPassword: "canary", name: "Ada" }, list: [{ a: { token: "canary" } }] },
      "x",
    );
    expect(JSON.stringify(lines)).not.toContain("canary");
    expect(lines).toMatchObject([{ input: { name: "Ada" }, list: [{ a: {} }] }]);
  });

  it("tells of an error its kind and its message", () => {
    const { lines, log } = logging();
    log.warn({ err: new TypeError("it broke") }, "x");
    expect(lines).toMatchObject([{ err: { type: "TypeError", message: "it broke" } }]);
  });

  it("survives a circle", () => {
    const { lines, log } = logging();
    const circle: Record<string, unknown> = { name: "round", token: "canary" };
    circle.self = circle;
    log.info({ circle }, "x");
    expect(lines).toMatchObject([{ circle: { name: "round" } }]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });
});
