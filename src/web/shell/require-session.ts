import { redirect } from "@tanstack/react-router";
import { auth } from "../auth.ts";

/** Pages that need a session lead to the sign-in, and back from there. If the API is unavailable, the page says so. */
export const requireSession = async ({ location }: { readonly location: { readonly href: string } }): Promise<void> => {
  const { status } = await auth.ready();
  if (status !== "SIGNED_IN") throw redirect({ to: "/sign-in", search: { return_to: location.href } });
};
