import { createAuth } from "portcullis/client";
import { AuthProvider, SignedIn, SignedOut } from "portcullis/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Account } from "./account.tsx";
import { SignInForm } from "./sign-in-form.tsx";

const auth = createAuth({ url: "/graphql", transport: "COOKIE" });
const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");

createRoot(root).render(
  <StrictMode>
    <AuthProvider auth={auth}>
      <SignedIn>
        <Account />
      </SignedIn>
      <SignedOut>
        <SignInForm />
      </SignedOut>
    </AuthProvider>
  </StrictMode>,
);
