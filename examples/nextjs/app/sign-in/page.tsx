import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { auth } from "../../lib/auth";
import { SignIn } from "./sign-in";

export default async function SignInPage() {
  if (await auth.session(await headers())) redirect("/account");
  return <SignIn />;
}
