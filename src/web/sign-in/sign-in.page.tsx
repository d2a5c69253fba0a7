import { getRouteApi } from "@tanstack/react-router";
import { useLogin } from "../../client/react/index.ts";
import { Credentials } from "./credentials.tsx";
import { SIGN_IN } from "./login-options.ts";
import { LoginStepPage } from "./login-step-page.tsx";
import { TenantPages } from "./tenant-pages.tsx";

const route = getRouteApi("/sign-in");

export const SignInPage = () => {
  const search = route.useSearch();
  const offer = route.useLoaderData();
  const login = useLogin(SIGN_IN);
  return (
    <TenantPages offer={offer}>
      {login.step === "CREDENTIALS" ? (
        <Credentials login={login} offer={offer} search={search} />
      ) : (
        <LoginStepPage login={login} returnTo={search.return_to} />
      )}
    </TenantPages>
  );
};
