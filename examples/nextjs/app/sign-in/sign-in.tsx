"use client";

import { createAuth } from "portcullis/client";
import { AuthProvider } from "portcullis/react";
import { SignInForm } from "./sign-in-form";

const auth = createAuth({ url: "/graphql", transport: "COOKIE" });

export const SignIn = () => (
  <AuthProvider auth={auth}>
    <SignInForm onSignedIn={() => window.location.assign("/account")} />
  </AuthProvider>
);
