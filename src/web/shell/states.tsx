import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { EmptyState } from "../kit/display.tsx";
import { isDescribed, useErrorText } from "../kit/errors.ts";
import { Page } from "../kit/layout.tsx";
import { Spinner } from "../kit/spinner.tsx";
import { CardPage } from "./card-page.tsx";
import styles from "./states.module.css";

/** While a page is being loaded. */
export const Waiting = () => (
  <div className={styles.waiting}>
    <Spinner />
  </div>
);

/** An address that no page has. */
export const NotFound = () => {
  const { t } = useTranslation();
  return (
    <CardPage title={t("notFound.title")}>
      <EmptyState
        icon={<Compass aria-hidden size={32} />}
        title={t("notFound.text")}
        action={<LinkButton href="/">{t("notFound.action")}</LinkButton>}
      />
    </CardPage>
  );
};

interface PageFailureProps {
  readonly error: unknown;
  readonly reset: () => void;
}

/** A page that could not be shown, within the page around it. */
export const PageFailure = ({ error, reset }: PageFailureProps) => {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <Page title={t("failure.title")}>
      <Alert tone="danger">{isDescribed(error) ? errorText(error) : t("failure.text")}</Alert>
      <Button onPress={reset}>{t("tryAgain")}</Button>
    </Page>
  );
};
