import { useTranslation } from "react-i18next";
import { Page } from "../kit/layout.tsx";

export const ProfilePage = () => {
  const { t } = useTranslation("account");
  return <Page title={t("title")}>{null}</Page>;
};
