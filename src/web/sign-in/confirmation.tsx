import { Mail } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ConfirmationState } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { Muted, Stack } from "../kit/layout.tsx";
import { Spinner } from "../kit/spinner.tsx";
import { CardPage } from "../shell/card-page.tsx";
import styles from "./confirmation.module.css";
import { Failure } from "./failure.tsx";

/** The login waits for the answer to a mail, and continues by itself. The number is entered on the page of the mail. */
export const Confirmation = ({ login }: { readonly login: ConfirmationState }) => {
  const { t } = useTranslation("sign-in");
  return (
    <CardPage
      title={t("confirmation.title")}
      description={t("confirmation.text", { address: login.sentTo })}
      footer={
        <Button variant="quiet" size="small" onPress={login.restart}>
          {t("startAgain")}
        </Button>
      }
    >
      <Stack>
        <figure className={styles.number}>
          <figcaption>{t("confirmation.number")}</figcaption>
          <strong dir="ltr">{login.number}</strong>
        </figure>
        <Failure error={login.error} />
        <p role="status" className={styles.waiting}>
          <Spinner />
          {t("confirmation.waiting")}
        </p>
        <p className={styles.hint}>
          <Mail aria-hidden size={16} />
          <Muted small>{t("confirmation.hint")}</Muted>
        </p>
      </Stack>
    </CardPage>
  );
};
