import { useTranslation } from "react-i18next";
import { request } from "../request.ts";
import { LinkPage } from "./link-page.tsx";
import { CancelFactorResetDocument } from "./links.documents.ts";
import { OneButton } from "./one-button.tsx";

/** Someone asked for a reset of the second factors; its owner stops it. */
export const CancelFactorResetPage = () => {
  const { t } = useTranslation("links");
  return (
    <LinkPage kind="cancelFactorReset">
      {(token) => (
        <OneButton
          kind="cancelFactorReset"
          next={{ href: "/forgot-password", label: t("toNewPassword") }}
          send={async () => {
            await request(CancelFactorResetDocument, { input: { token } });
            return {};
          }}
        />
      )}
    </LinkPage>
  );
};
