import { expect, it } from "vitest";
import { together } from "./together.ts";

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

it("returns what each step returns, in their order", async () => {
  expect(await together(Promise.resolve(1), false, Promise.resolve("two"))).toEqual([1, false, "two"]);
});

it("throws the first error in the order of the steps, once all have finished", async () => {
  let finished = false;
  const slow = new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => {
    finished = true;
  });
  await expect(together(slow, failing("23503"), failing("23505"))).rejects.toMatchObject({ code: "23503" });
  expect(finished).toBe(true);
});

it("throws the error that aborted the transaction, not one that only reports the abort", async () => {
  await expect(together(failing("25P02"), failing("23503"))).rejects.toMatchObject({ code: "23503" });
  const wrapped = new Error("A query failed.", { cause: Object.assign(new Error("aborted"), { code: "25P02" }) });
  await expect(together(Promise.reject(wrapped), failing("23503"))).rejects.toMatchObject({ code: "23503" });
  await expect(together(failing("25P02"))).rejects.toMatchObject({ code: "25P02" });
});
