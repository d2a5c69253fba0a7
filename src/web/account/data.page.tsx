import { useTranslation } from "react-i18next";
import { Page } from "../kit/layout.tsx";
import { DeleteSection } from "./delete-section.tsx";
import { DownloadSection } from "./download-section.tsx";

export const DataPage = () => {
  const { t } = useTranslation("account");
  return (
    <Page title={t("data.title")}>
      <DownloadSection />
      <DeleteSection />
    </Page>
  );
};
