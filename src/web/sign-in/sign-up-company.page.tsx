import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Checkbox } from "../kit/choice-fields.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { MIN_PASSWORD_LENGTH } from "./auth-settings.ts";
import { CheckMail } from "./check-mail.tsx";
import { SapFields, toSapSystem } from "./sap-fields.tsx";
import { SignInInstead } from "./sign-up.page.tsx";
import { OnboardTenantDocument } from "./sign-up-company.documents.ts";

/** A company signs up: its name, its first administrator, and on demand its SAP system. */
export const SignUpCompanyPage = () => {
  const { t } = useTranslation("sign-in");
  const [email, setEmail] = useState<string | null>(null);
  const [own, setOwn] = useState({ company: "", name: "", email: "" });
  const [hasSap, setHasSap] = useState(false);
  if (email !== null) return <CheckMail kind="activate" email={email} onBack={() => setEmail(null)} />;

  const submit = async ({ companyName = "", adminName = "", adminEmail = "", password = "", ...more }: FormValues) => {
    const sapSystem = hasSap ? toSapSystem(more) : null;
    const input = { companyName, adminName, adminEmail, password, sapSystem, transport: "COOKIE" as const };
    await request(OnboardTenantDocument, { input });
    setEmail(adminEmail);
  };
  return (
    <CardPage title={t("company.title")} description={t("company.text")} footer={<SignInInstead />}>
      <Form onSubmit={submit} fieldOf={{ WEAK_PASSWORD: "password", EMAIL_TAKEN: "adminEmail" }}>
        {(busy) => (
          <>
            <TextField
              name="companyName"
              label={t("company.name")}
              autoComplete="organization"
              maxLength={200}
              onChange={(company) => setOwn({ ...own, company })}
              isRequired
              autoFocus
            />
            <TextField
              name="adminName"
              label={t("name")}
              autoComplete="name"
              maxLength={200}
              onChange={(name) => setOwn({ ...own, name })}
              isRequired
            />
            <TextField
              name="adminEmail"
              type="email"
              label={t("email")}
              autoComplete="username"
              onChange={(address) => setOwn({ ...own, email: address })}
              isRequired
            />
            <NewPasswordField
              name="password"
              label={t("password")}
              minLength={MIN_PASSWORD_LENGTH}
              own={[own.company, own.name, own.email]}
            />
            <Checkbox isSelected={hasSap} onChange={setHasSap}>
              {t("company.sap")}
            </Checkbox>
            {hasSap && <SapFields />}
            <Button type="submit" variant="primary" wide isPending={busy}>
              {t("company.action")}
            </Button>
          </>
        )}
      </Form>
    </CardPage>
  );
};
