import { describe, expect, it } from "vitest";
import { PublishedDocument } from "./published-document.ts";

/** A document whose content is the number of reads. */
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
  it("is read once for any number of callers, and each gets a separate response", async () => {
    const { get } = publish();
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => get())))).toEqual(new Set(["200 1"]));
    expect(await get()).toBe("200 1");
  });

  it("is read again once it has expired or was invalidated", async () => {
    const { document, get, advance } = publish();
    await get();
    advance(999);
    expect(await get()).toBe("200 1");
    advance(1);
    expect(await get()).toBe("200 2");
    document.forget();
    expect(await get()).toBe("200 3");
  });

  it("is not cached if it is an error, or if the request failed", async () => {
    const { document, get } = publish();
    expect(await get(503)).toBe("503 1");
    await expect(document.get(() => Promise.reject(new Error("unreachable")))).rejects.toThrow("unreachable");
    expect(await get()).toBe("200 2");
  });
});
