import { describe, expect, it } from "vitest";
import { forbidWebAddress, validateLine, validateText } from "./text.ts";

const pathsOf = (values: Record<string, unknown>) => validateText(values).map(({ path }) => path);

describe("invalid text", () => {
  it.each(["", "plain", "\n\t", "Zoë 你好", "\u202eright to left", "👩‍👩‍👧", "\u0001\u007f"])("%j is text", (value) => {
    expect(pathsOf({ value })).toEqual([]);
  });

  it.each(["\0", "a\0b", "\ud83d", "a\ud83d", "\ude00a", "\ude00\ud83d"])("%j is not", (value) => {
    expect(pathsOf({ value })).toEqual(["value"]);
  });

  it("is found in objects and lists, and as a key", () => {
    expect(pathsOf({ input: { name: "\0", tags: ["fine", "\ud800"] }, first: 5, after: null })).toEqual([
      "input.tags.1",
      "input.name",
    ]);
    expect(pathsOf({ response: { "\0": 1 } })).toEqual(["response"]);
  });

  it("is found at any depth", () => {
    const deep = JSON.parse(`${"[".repeat(50_000)}"\\u0000"${"]".repeat(50_000)}`);
    expect(pathsOf({ deep })).toHaveLength(1);
  });

  it("is never quoted", () => {
    expect(JSON.stringify(validateText({ password: "hunter2\0" }))).not.toContain("hunter2");
  });
});

describe("a line", () => {
  it.each(["", "Zoë 你好", "👩‍👩‍👧", "x".repeat(20)])("may be %j", (text) => {
    expect(validateLine(text, 20, "name")).toEqual([]);
  });

  it.each(["x".repeat(21), "one\ntwo", "\u0085", "\u0000", "\ud800"])("may not be %j", (text) => {
    expect(validateLine(text, 20, "name")).toEqual([{ path: "name", message: expect.any(String) }]);
  });
});

it.each(["see https://evil.example", "HTTP://evil.example", "Acme (www.evil.example)"])(
  "%j has a web address, which is not allowed in texts mailed on behalf of users",
  (text) => {
    expect(forbidWebAddress(text, "reason")).toEqual([{ path: "reason", message: "Web addresses are not allowed." }]);
  },
);

it.each(["", "Acme & Söhne", "Awww. Inc.", "Web: www", "http"])("%j has no web address", (text) => {
  expect(forbidWebAddress(text, "reason")).toEqual([]);
});
