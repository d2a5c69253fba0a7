import { describe, expect, it } from "vitest";
import { PublishedDocument } from "./published-document.ts";

/** A document that says how often it was read. */
const publish = () => {
  let time = 0;
  let reads = 0;
  const document = new PublishedDocument({ clock: { now: () => new Date(time) }, lifetime: 1_000 });
  const get = async (status = 200): Promise<string> => {
    const response = await document.get(async () => new Response(String(++reads), { status }));
    return `${response.status} ${await response.text()}`;
  };
  const advance = (milliseconds: number) => {
    time += milliseconds;
  };
  return { document, get, advance };
};

describe("a published document", () => {
  it("is read once, however many want it, and each has a response of its own", async () => {
    const { get } = publish();
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => get())))).toEqual(new Set(["200 1"]));
    expect(await get()).toBe("200 1");
  });

  it("is read again when its time is over, or when it is to be forgotten", async () => {
    const { document, get, advance } = publish();
    await get();
    advance(999);
    expect(await get()).toBe("200 1");
    advance(1);
    expect(await get()).toBe("200 2");
    document.forget();
    expect(await get()).toBe("200 3");
  });

  it("is not kept where it is an error, or no answer came", async () => {
    const { document, get } = publish();
    expect(await get(503)).toBe("503 1");
    await expect(document.get(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(await get()).toBe("200 2");
  });
});
