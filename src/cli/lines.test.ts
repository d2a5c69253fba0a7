import { expect, it } from "vitest";
import { linesOf } from "./lines.ts";

const read = async (...chunks: (Buffer | string)[]): Promise<string[]> => {
  const lines: string[] = [];
  const source = (async function* () {
    yield* chunks;
  })();
  for await (const line of linesOf(source)) lines.push(line);
  return lines;
};

it.each([
  [["a\nb\n"], ["a", "b"]],
  [["a\r\nb"], ["a", "b"]],
  [["a\u2028b\u2029c\u0085d\n"], ["a\u2028b\u2029c\u0085d"]],
  [
    ["a", "b\nc", "d"],
    ["ab", "cd"],
  ],
  [["\n\na\n"], ["", "", "a"]],
  [[], []],
])("reads %j as the lines %j", async (chunks, lines) => {
  expect(await read(...chunks)).toEqual(lines);
});

it("joins characters that are split between chunks", async () => {
  const bytes = Buffer.from("zoë\u2028\n🦊");
  expect(await read(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(["zoë\u2028", "🦊"]);
});

it("cuts a line without an end", async () => {
  const [line = ""] = await read("x".repeat(3_000_000));
  expect(line).toHaveLength(1_048_576);
});
