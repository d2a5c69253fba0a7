import { describe, expect, it } from "vitest";
import { faultsOfOverrides, withOverrides } from "./catalogue-overrides.ts";

const OURS = {
  title: "Hello, {{name}}",
  menu: { signOut: "Sign out", items_one: "{{count}} item", items_other: "{{count, number}} items" },
};

describe("the operator's texts", () => {
  it("replace ours key by key", () => {
    expect(withOverrides(OURS, { menu: { signOut: "Leave" } })).toEqual({
      ...OURS,
      menu: { ...OURS.menu, signOut: "Leave" },
    });
  });

  it("do not change ours", () => {
    const before = structuredClone(OURS);
    withOverrides(OURS, { title: "Hi", menu: { signOut: "Leave" } });
    expect(OURS).toEqual(before);
  });

  it("may use the values of the text that they replace, in any order and format, and the product's name", () => {
    expect(
      faultsOfOverrides(OURS, { title: "{{ name }}, welcome to {{product}}", menu: { items_other: "{{count}}" } }),
    ).toEqual([]);
  });

  it.each([
    [{ titel: "Hi" }, "titel: there is no such text"],
    [{ menu: { signout: "Leave" } }, "menu.signout: there is no such text"],
    [{ menu: { items_few: "some" } }, "menu.items_few: there is no such text"],
    [{ menu: "Leave" }, "menu: must be an object of texts"],
    [{ title: { a: "Hi" } }, "title: must be a text"],
    [{ title: 7 }, "title: must be a text"],
    [{ title: null }, "title: must be a text"],
    [{ title: "Hello, {{nmae}}" }, "title: there is no value for {{nmae}} in this text"],
    [JSON.parse('{ "__proto__": { "a": "b" } }'), "__proto__: there is no such text"],
    [{ constructor: "Hi" }, "constructor: there is no such text"],
    [["Hi"], "the file: must be an object of texts"],
    ["Hi", "the file: must be an object of texts"],
  ])("%j are refused: %s", (theirs, fault) => {
    expect(faultsOfOverrides(OURS, theirs)).toEqual([fault]);
  });
});
