import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RadioGroup } from "../kit/choice-fields.tsx";
import type { FormValues } from "../kit/form.tsx";
import { PasswordField, TextField } from "../kit/text-fields.tsx";
import type { SapSystemInput } from "./sign-up-company.documents.ts";

type Credentials = "basic" | "oauth";

/** The values of `SapFields`, as the API takes them. */
export const toSapSystem = (values: FormValues): SapSystemInput => {
  const { baseUrl = "", sapUser = "", sapPassword = "", clientId = "", clientSecret = "", tokenUrl = "" } = values;
  const credentials =
    values.sapCredentials === "oauth"
      ? { oauth: { clientId, clientSecret, tokenUrl } }
      : { basic: { username: sapUser, password: sapPassword } };
  return { baseUrl, credentials };
};

/** The address of an SAP system, and how to sign in there. */
export const SapFields = () => {
  const { t } = useTranslation("sign-in");
  const [credentials, setCredentials] = useState<Credentials>("basic");
  return (
    <>
      <TextField
        name="baseUrl"
        type="url"
        label={t("sap.address")}
        placeholder="https://sap.example.com"
        description={t("sap.addressHint")}
        isRequired
      />
      <RadioGroup
        name="sapCredentials"
        label={t("sap.credentials")}
        value={credentials}
        onChange={setCredentials}
        options={[
          { value: "basic", label: t("sap.basic") },
          { value: "oauth", label: t("sap.oauth") },
        ]}
      />
      {credentials === "basic" ? (
        <>
          <TextField name="sapUser" label={t("sap.user")} autoComplete="off" isRequired />
          <PasswordField name="sapPassword" label={t("sap.password")} autoComplete="current-password" isRequired />
        </>
      ) : (
        <>
          <TextField name="tokenUrl" type="url" label={t("sap.tokenUrl")} isRequired />
          <TextField name="clientId" label={t("sap.clientId")} autoComplete="off" isRequired />
          <PasswordField name="clientSecret" label={t("sap.clientSecret")} autoComplete="current-password" isRequired />
        </>
      )}
    </>
  );
};
