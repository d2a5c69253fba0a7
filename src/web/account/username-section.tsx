import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { PasswordField, TextField } from "../kit/text-fields.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { ChangeUsernameDocument, type ProfileQuery } from "./profile.documents.ts";

const FIELD_OF = { USERNAME_TAKEN: "username", INCORRECT_PASSWORD: "password" };

export const UsernameSection = ({ me }: { readonly me: ProfileQuery["me"] }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [changes, setChanges] = useState(0);
  const change = async ({ username = "", password }: FormValues) => {
    await mutate(ChangeUsernameDocument, { input: { username, ...(password && { password }) } });
    announce(t("profile.usernameSaved"));
    setChanges(changes + 1);
  };
  return (
    <Section title={t("profile.usernameTitle")} description={t("profile.usernameText")}>
      <Form key={changes} onSubmit={change} fieldOf={FIELD_OF}>
        {(busy) => (
          <>
            <TextField
              name="username"
              label={t("profile.username")}
              description={t("profile.usernameRule")}
              defaultValue={me.username ?? ""}
              autoComplete="username"
              isRequired
              minLength={3}
              maxLength={32}
            />
            {me.hasPassword && (
              <PasswordField
                name="password"
                label={t("profile.usernamePassword")}
                autoComplete="current-password"
                isRequired
              />
            )}
            <Row>
              <Button type="submit" isPending={busy}>
                {t("profile.changeUsername")}
              </Button>
            </Row>
          </>
        )}
      </Form>
    </Section>
  );
};
