import { useTranslation } from "react-i18next";
import { Page } from "../../kit/layout.tsx";

export const OverviewPage = () => {
  const { t } = useTranslation("console");
  return <Page title={t("pages.overview")}>{null}</Page>;
};
