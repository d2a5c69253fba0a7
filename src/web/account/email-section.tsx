import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Badge } from "../kit/display.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { useMutate } from "../shell/mutate.ts";
import { ChangeEmailDocument, type ProfileQuery } from "./profile.documents.ts";

const FIELD_OF = { EMAIL_TAKEN: "newEmail" };

export const EmailSection = ({ me }: { readonly me: ProfileQuery["me"] }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [pending, setPending] = useState<string | null>(null);
  const change = async ({ newEmail = "" }: FormValues) => {
    const { changeEmail } = await mutate(ChangeEmailDocument, { input: { newEmail } });
    setPending(changeEmail.newEmail);
  };
  const isWaiting = pending !== null && pending !== me.email;
  return (
    <Section title={t("profile.emailTitle")}>
      <Row>
        <bdi>{me.email}</bdi>
        <Badge tone={me.emailVerified ? "success" : "warning"}>
          {me.emailVerified ? t("profile.verified") : t("profile.unverified")}
        </Badge>
      </Row>
      {isWaiting ? (
        <Alert tone="info" title={t("profile.pendingTitle")}>
          <p>{t("profile.pending", { address: pending })}</p>
          <Button variant="quiet" size="small" onPress={() => setPending(null)}>
            {t("profile.otherAddress")}
          </Button>
        </Alert>
      ) : (
        <Form onSubmit={change} fieldOf={FIELD_OF}>
          {(busy) => (
            <>
              <TextField
                name="newEmail"
                type="email"
                label={t("profile.newEmail")}
                description={t("profile.newEmailRule")}
                autoComplete="email"
                isRequired
              />
              <Row>
                <Button type="submit" isPending={busy}>
                  {t("profile.changeEmail")}
                </Button>
              </Row>
            </>
          )}
        </Form>
      )}
    </Section>
  );
};
