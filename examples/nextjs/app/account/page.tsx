import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { auth } from "../../lib/auth";
import { signOut } from "./actions";

/** A protected page: rendered on the server, for the signed-in user only. */
export default async function Account() {
  const session = await auth.session(await headers());
  if (!session) redirect("/sign-in");
  const { data } = await auth.request(await headers(), { query: "{ me { name } }" });
  const me = data?.me as { readonly name: string | null } | undefined;
  return (
    <>
      <h1>Your account</h1>
      <p>
        Signed in as {me?.name ?? "a user without a name"} ({session.email}).
      </p>
      <form action={signOut}>
        <button type="submit">Sign out</button>
      </form>
    </>
  );
}
