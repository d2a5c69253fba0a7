import { useTranslation } from "react-i18next";
import { request } from "../request.ts";
import { LinkPage } from "./link-page.tsx";
import { ConfirmEmailChangeDocument } from "./links.documents.ts";
import { OneButton } from "./one-button.tsx";

/** The new address of an account. */
export const ConfirmEmailChangePage = () => {
  const { t } = useTranslation("links");
  return (
    <LinkPage kind="confirmEmailChange">
      {(token) => (
        <OneButton
          kind="confirmEmailChange"
          next={{ href: "/account", label: t("toAccount") }}
          send={() => request(ConfirmEmailChangeDocument, { input: { token } })}
        />
      )}
    </LinkPage>
  );
};
