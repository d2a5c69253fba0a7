import type { ReactNode } from "react";
import { RouterProvider } from "react-aria-components";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { router } from "../router.tsx";

const navigate = (href: string): void => void router.navigate({ href });

/** Gives React Aria's components the language and direction of the page, and lets their links load no new document. */
export const AriaProviders = ({ children }: { readonly children: ReactNode }) => {
  const { i18n } = useTranslation();
  return (
    <RouterProvider navigate={navigate}>
      <I18nProvider locale={i18n.language}>{children}</I18nProvider>
    </RouterProvider>
  );
};
