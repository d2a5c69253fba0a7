import { useRouter } from "@tanstack/react-router";
import { CONFIG } from "../config.ts";
import { destinationOf } from "./return-to.ts";

/** Leaves for the page that the user wanted to see. */
export const useLeave = (): ((returnTo: string | undefined) => void) => {
  const router = useRouter();
  return (returnTo) => {
    const { origin } = location;
    const { appUrl, returnOrigins } = CONFIG;
    const destination = destinationOf(returnTo, { origin, returnOrigins, appUrl });
    if (destination.origin === origin) router.history.replace(destination.href.slice(origin.length));
    else location.assign(destination.href);
  };
};
