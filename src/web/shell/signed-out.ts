import { useEffect } from "react";
import { auth } from "../auth.ts";
import { signInAddress } from "./sign-in-address.ts";

/** Leads to the sign-in as soon as the session has ended, in this tab or elsewhere. */
export const useSignedOut = (): void => {
  useEffect(
    () =>
      auth.onChange(({ status, reason }) => {
        if (status !== "SIGNED_OUT") return;
        // A new document: nothing of the user remains in memory.
        location.assign(signInAddress(reason, location.pathname + location.search));
      }),
    [],
  );
};
