import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { auth } from "../auth.ts";
import { Button } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { PasswordField } from "../kit/text-fields.tsx";
import { useMutate } from "../shell/mutate.ts";
import { DeleteAccountDocument, OwnAccountDocument } from "./data.documents.ts";
import styles from "./delete-section.module.css";

export const DeleteSection = () => {
  const { t } = useTranslation("account");
  const query = useQuery(OwnAccountDocument);
  const [asks, setAsks] = useState(false);
  return (
    <Section title={t("data.delete")} description={t("data.deleteText")}>
      <QueryView query={query}>
        {({ me }) => (
          <Row>
            <Button variant="danger" onPress={() => setAsks(true)}>
              {t("data.deleteAction")}
            </Button>
            {asks && <DeleteDialog hasPassword={me.hasPassword} onClose={() => setAsks(false)} />}
          </Row>
        )}
      </QueryView>
    </Section>
  );
};

const FIELD_OF = { INCORRECT_PASSWORD: "password" };

interface DeleteDialogProps {
  readonly hasPassword: boolean;
  readonly onClose: () => void;
}

/** Says what is lost, and asks for the password; users without one confirm by a step-up. */
const DeleteDialog = ({ hasPassword, onClose }: DeleteDialogProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const remove = async ({ password }: FormValues) => {
    await mutate(DeleteAccountDocument, { input: password ? { password } : {} });
    await auth.end(undefined, { reason: "ACCOUNT_DELETED" });
  };
  return (
    <Dialog title={t("data.deleteTitle")} isOpen onClose={onClose} role="alertdialog">
      <ul className={styles.consequences}>
        {([1, 2, 3, 4] as const).map((number) => (
          <li key={number}>{t(`data.deleted${number}`)}</li>
        ))}
      </ul>
      <Form onSubmit={remove} fieldOf={FIELD_OF}>
        {(busy) => (
          <>
            {hasPassword && (
              <PasswordField
                name="password"
                label={t("data.password")}
                autoComplete="current-password"
                isRequired
                autoFocus
              />
            )}
            <DialogActions>
              <Button onPress={onClose}>{t("cancel", { ns: "common" })}</Button>
              <Button type="submit" variant="danger" isPending={busy}>
                {t("data.deleteConfirm")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
