import { expect, it } from "vitest";
import { navigationOf, pageOf } from "./navigation.tsx";

const addressesFor = (...permissions: string[]) =>
  navigationOf({ permissions }).flatMap(({ pages }) => pages.map(({ to }) => to));

it("lists the pages of the held permissions only", () => {
  expect(addressesFor("users:read")).toEqual(["/console", "/console/users"]);
  expect(addressesFor("audit:read")).toEqual(["/console", "/console/attempts", "/console/audit-log"]);
});

it("lists nothing for a member without a permission of the console", () => {
  expect(addressesFor()).toEqual([]);
  expect(addressesFor("orders:read")).toEqual([]);
});

it("requires the permission of a page for the addresses below it", () => {
  expect(pageOf("/console/users/1")?.permission).toBe("users:read");
  expect(pageOf("/console/users")?.permission).toBe("users:read");
  expect(pageOf("/console")?.permission).toBeNull();
  expect(pageOf("/account")).toBeUndefined();
});
