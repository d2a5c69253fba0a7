import { describe, expect, it } from "vitest";
import { encodeCursor, toPage, toSlice } from "./paging.ts";

const ID = "01890000-0000-7000-8000-000000000001";
const count = async () => 7;

describe("toSlice", () => {
  it("reads 50 rows if the client does not specify a number, and always one more", () => {
    expect(toSlice({})).toEqual({ limit: 51, below: null, above: null, backward: false });
    expect(toSlice({ first: 3, after: encodeCursor(ID) })).toEqual({
      limit: 4,
      below: ID,
      above: null,
      backward: false,
    });
    expect(toSlice({ last: 2, before: encodeCursor(ID) })).toEqual({
      limit: 3,
      below: null,
      above: ID,
      backward: true,
    });
  });

  it.each([
    [{ first: 0 }, "first"],
    [{ first: 101 }, "first"],
    [{ last: 0 }, "last"],
    [{ last: -1 }, "last"],
    [{ first: 1, last: 1 }, "last"],
    [{ after: "nonsense" }, "after"],
    [{ before: encodeCursor(ID).slice(2) }, "before"],
  ])("refuses %j", (request, path) => {
    expect(() => toSlice(request)).toThrow(
      expect.objectContaining({ detail: { fields: [expect.objectContaining({ path })] } }),
    );
  });
});

describe("toPage", () => {
  it("removes the extra row, and reports that there are more", () => {
    expect(toPage([3, 2, 1], toSlice({ first: 2 }), count)).toMatchObject({
      rows: [3, 2],
      hasNextPage: true,
      hasPreviousPage: false,
    });
    expect(toPage([3, 2], toSlice({ first: 2, after: encodeCursor(ID) }), count)).toMatchObject({
      rows: [3, 2],
      hasNextPage: false,
      hasPreviousPage: true,
    });
  });

  it("returns rows that were read backward in the order of the list", () => {
    expect(toPage([1, 2, 3], toSlice({ last: 2 }), count)).toMatchObject({
      rows: [2, 1],
      hasNextPage: false,
      hasPreviousPage: true,
    });
    expect(toPage([1], toSlice({ last: 2, before: encodeCursor(ID) }), count)).toMatchObject({
      rows: [1],
      hasNextPage: true,
      hasPreviousPage: false,
    });
  });
});
