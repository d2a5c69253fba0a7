import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";

/** Gives React Aria's components the language and direction of the page. */
export const AriaProviders = ({ children }: { readonly children: ReactNode }) => {
  const { i18n } = useTranslation();
  return <I18nProvider locale={i18n.language}>{children}</I18nProvider>;
};
