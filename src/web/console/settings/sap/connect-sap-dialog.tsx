import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { RadioGroup } from "../../../kit/choice-fields.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form, type FormValues } from "../../../kit/form.tsx";
import { Muted } from "../../../kit/layout.tsx";
import { PasswordField, TextField } from "../../../kit/text-fields.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { UpdateSapSystemDocument } from "./sap.documents.ts";

type Method = "BASIC" | "OAUTH";

/** The input's credentials, of which exactly one kind is sent. */
const credentialsOf = (method: Method, values: FormValues) => {
  const { username = "", password = "", tokenUrl = "", clientId = "", clientSecret = "" } = values;
  return method === "BASIC" ? { basic: { username, password } } : { oauth: { tokenUrl, clientId, clientSecret } };
};

/** Connects the tenant to an SAP system. The API calls the system before it answers, for up to ten seconds. */
export const ConnectSapDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const [method, setMethod] = useState<Method>("BASIC");
  const submit = async (values: FormValues) => {
    const input = { baseUrl: values.baseUrl ?? "", credentials: credentialsOf(method, values) };
    await mutate(UpdateSapSystemDocument, { input });
    announce(t("sap.connected"));
    onClose();
  };
  return (
    <Dialog title={t("sap.connect")} isOpen onClose={onClose}>
      <Form onSubmit={submit} fieldOf={{ SAP_ADDRESS_REFUSED: "baseUrl" }}>
        {(busy) => (
          <>
            <TextField
              name="baseUrl"
              type="url"
              label={t("sap.address")}
              description={t("sap.addressHint")}
              isRequired
              autoFocus
            />
            <RadioGroup
              label={t("sap.method")}
              value={method}
              onChange={setMethod}
              options={(["BASIC", "OAUTH"] as const).map((value) => ({ value, label: t(`sap.methods.${value}`) }))}
            />
            {method === "BASIC" ? <BasicFields /> : <OAuthFields />}
            <Muted small>{t("sap.secretHint")}</Muted>
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("sap.connect")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};

const BasicFields = () => {
  const { t } = useTranslation("administration");
  return (
    <>
      <TextField name="username" label={t("sap.username")} autoComplete="off" isRequired />
      <PasswordField name="password" label={t("sap.password")} autoComplete="new-password" isRequired />
    </>
  );
};

const OAuthFields = () => {
  const { t } = useTranslation("administration");
  return (
    <>
      <TextField name="tokenUrl" type="url" label={t("sap.tokenUrl")} isRequired />
      <TextField name="clientId" label={t("sap.clientId")} autoComplete="off" isRequired />
      <PasswordField name="clientSecret" label={t("sap.clientSecret")} autoComplete="new-password" isRequired />
    </>
  );
};
