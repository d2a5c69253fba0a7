import { expect, it } from "vitest";
import type { Db } from "./database/database.ts";
import { defineEvent, TransactionEvents } from "./transaction-events.ts";

const tx = {} as Db;
const happened = defineEvent<number, string>("happened");

it("calls every subscriber with the transaction and returns their results in the order of subscription", async () => {
  const events = new TransactionEvents();
  events.subscribe(happened, async (given, payload) => `first ${given === tx} ${payload}`);
  events.subscribe(happened, async (_, payload) => `second ${payload}`);
  events.subscribe(defineEvent<number, string>("happened"), async () => "another event of that name");
  expect(await events.raise(tx, happened, 7)).toEqual(["first true 7", "second 7"]);
});

it("returns nothing if nothing subscribes", async () => {
  expect(await new TransactionEvents().raise(tx, happened, 7)).toEqual([]);
});

it("throws the error that aborted the transaction, after all subscribers have finished", async () => {
  const events = new TransactionEvents();
  let finished = false;
  const fail = async (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  events.subscribe(happened, () => fail("25P02"));
  events.subscribe(happened, () => fail("23503"));
  events.subscribe(happened, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    finished = true;
    return "slow";
  });
  await expect(events.raise(tx, happened, 7)).rejects.toMatchObject({ code: "23503" });
  expect(finished).toBe(true);
});
