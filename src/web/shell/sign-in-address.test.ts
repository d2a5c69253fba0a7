import { describe, expect, it } from "vitest";
import { signInAddress } from "./sign-in-address.ts";

describe("the address of the sign-in after a session has ended", () => {
  it("says why, and leads back", () => {
    expect(signInAddress("PASSWORD_CHANGED", "/account/history?level=WARNING")).toBe(
      "/sign-in?reason=PASSWORD_CHANGED&return_to=%2Faccount%2Fhistory%3Flevel%3DWARNING",
    );
  });

  it("leads nowhere in particular after signing out", () => {
    expect(signInAddress("LOGGED_OUT", "/account")).toBe("/sign-in?reason=LOGGED_OUT");
  });
});
