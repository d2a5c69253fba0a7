// First, so that nothing reads the secrets in the address.
import "./address-secrets.ts";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import "./i18n/i18n.ts";
import { AuthProvider } from "../client/react/index.ts";
import { auth } from "./auth.ts";
import { router } from "./router.tsx";
import { AriaProviders } from "./shell/aria-providers.tsx";
import { Waiting } from "./shell/states.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

createRoot(root).render(
  <StrictMode>
    <AuthProvider auth={auth}>
      <AriaProviders>
        <Suspense fallback={<Waiting />}>
          <RouterProvider router={router} />
        </Suspense>
      </AriaProviders>
    </AuthProvider>
  </StrictMode>,
);
