import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { auth } from "../auth.ts";
import { Button } from "../kit/button.tsx";
import { RadioGroup } from "../kit/choice-fields.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Page, Row, Section } from "../kit/layout.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { PasswordField } from "../kit/text-fields.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { logoutScopes } from "./logout-scopes.ts";
import { ChangePasswordDocument, PasswordRulesDocument, type PasswordRulesQuery } from "./password.documents.ts";

export const PasswordPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(PasswordRulesDocument);
  return (
    <Page title={t("password.title")}>
      <QueryView query={query}>{({ me }) => <PasswordSection me={me} />}</QueryView>
    </Page>
  );
};

const FIELD_OF = { INCORRECT_PASSWORD: "currentPassword", SAME_PASSWORD: "newPassword", WEAK_PASSWORD: "newPassword" };

const PasswordSection = ({ me }: { readonly me: PasswordRulesQuery["me"] }) => {
  const { t } = useTranslation("account");
  const change = useChangePassword();
  const [changes, setChanges] = useState(0);
  const { passwordMinLength, passwordChangeEnds } = me.tenant.policy;
  const scopes = logoutScopes(passwordChangeEnds);
  const action = me.hasPassword ? "change" : "set";
  return (
    <Section title={t(`password.${action}`)} description={t(`password.${action}Text`)}>
      <Form
        key={changes}
        fieldOf={FIELD_OF}
        onSubmit={async (values) => {
          await change(values);
          setChanges(changes + 1);
        }}
      >
        {(busy) => (
          <>
            {/* Password managers store the new password for this user. */}
            <input type="text" autoComplete="username" value={me.email} readOnly hidden />
            {me.hasPassword && (
              <PasswordField
                name="currentPassword"
                label={t("password.current")}
                autoComplete="current-password"
                isRequired
              />
            )}
            <NewPasswordField
              name="newPassword"
              label={t("password.new")}
              minLength={passwordMinLength}
              own={[me.email, me.name, me.username].filter((own) => own !== null)}
            />
            {scopes.length > 1 && (
              <RadioGroup
                name="logout"
                label={t("password.scope")}
                defaultValue={scopes[0]}
                options={scopes.map((value) => ({
                  value,
                  label: t(`password.scopes.${value}`),
                  description: t(`password.scopeTexts.${value}`),
                }))}
              />
            )}
            <Row>
              <Button type="submit" variant="primary" isPending={busy}>
                {t(`password.${action}`)}
              </Button>
            </Row>
          </>
        )}
      </Form>
    </Section>
  );
};

const useChangePassword = () => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  return async ({ currentPassword, newPassword = "", logout = "ALL" }: FormValues) => {
    const input = {
      newPassword,
      logout: logout as "ALL" | "OTHERS" | "NONE",
      ...(currentPassword && { currentPassword }),
    };
    const { sessionId } = auth.getState();
    const { changePassword } = await mutate(ChangePasswordDocument, { input });
    const ended = changePassword.endedSessions;
    if (ended.some(({ id }) => id === sessionId)) return auth.end(sessionId, { reason: "PASSWORD_CHANGED" });
    announce(ended.length > 0 ? t("password.changedEnded", { count: ended.length }) : t("password.changed"));
  };
};
