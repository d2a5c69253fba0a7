import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Form } from "../kit/form.tsx";
import { NewPasswordField } from "../kit/new-password-field.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { MIN_PASSWORD_LENGTH } from "../sign-in/auth-settings.ts";
import { CheckedLink } from "./checked-link.tsx";
import { Done, InvalidLink, isInvalidLink, LinkPage } from "./link-page.tsx";
import { ResetPasswordDocument } from "./links.documents.ts";

export const ResetPasswordPage = () => {
  const { t } = useTranslation("links");
  const next = { href: "/forgot-password", label: t("resetPassword.next") };
  return (
    <LinkPage kind="resetPassword">
      {(token) => (
        <CheckedLink kind="resetPassword" token={token} next={next}>
          <Reset token={token} next={next} />
        </CheckedLink>
      )}
    </LinkPage>
  );
};

interface ResetProps {
  readonly token: string;
  readonly next: { readonly href: string; readonly label: string };
}

const Reset = ({ token, next }: ResetProps) => {
  const { t } = useTranslation("links");
  const [state, setState] = useState<"FORM" | "DONE" | "INVALID">("FORM");
  if (state === "INVALID") return <InvalidLink kind="resetPassword" next={next} />;
  if (state === "DONE")
    return (
      <Done title={t("resetPassword.doneTitle")} next={{ href: "/sign-in", label: t("toSignIn") }}>
        {t("resetPassword.done")}
      </Done>
    );
  const submit = async ({ password = "" }) => {
    try {
      await request(ResetPasswordDocument, { input: { token, newPassword: password } });
      setState("DONE");
    } catch (thrown) {
      if (!isInvalidLink(thrown)) throw thrown;
      setState("INVALID");
    }
  };
  return (
    <CardPage title={t("resetPassword.title")} description={t("resetPassword.text")}>
      <Form onSubmit={submit} fieldOf={{ WEAK_PASSWORD: "password" }}>
        {(busy) => (
          <>
            <NewPasswordField name="password" label={t("newPassword")} minLength={MIN_PASSWORD_LENGTH} autoFocus />
            <Button type="submit" variant="primary" wide isPending={busy}>
              {t("resetPassword.action")}
            </Button>
          </>
        )}
      </Form>
    </CardPage>
  );
};
