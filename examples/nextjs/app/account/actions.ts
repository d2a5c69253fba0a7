"use server";

import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { auth } from "../../lib/auth";

export async function signOut(): Promise<void> {
  const result = await auth.request(await headers(), { query: "mutation { logout { endedSessionId } }" });
  const store = await cookies();
  for (const cookie of result.cookies) store.set(cookie);
  redirect("/sign-in");
}
