import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { Badge } from "../kit/display.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { useMutate } from "../shell/mutate.ts";
import { PendingEmail } from "./pending-email.tsx";
import { ChangeEmailDocument, type ProfileQuery } from "./profile.documents.ts";

const FIELD_OF = { EMAIL_TAKEN: "newEmail" };

interface EmailSectionProps {
  readonly me: ProfileQuery["me"];
  readonly reload: () => Promise<unknown>;
}

export const EmailSection = ({ me, reload }: EmailSectionProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const change = async ({ newEmail = "" }: FormValues) => {
    await mutate(ChangeEmailDocument, { input: { newEmail } });
    await reload();
  };
  return (
    <Section title={t("profile.emailTitle")}>
      <Row>
        <bdi>{me.email}</bdi>
        <Badge tone={me.emailVerified ? "success" : "warning"}>
          {me.emailVerified ? t("profile.verified") : t("profile.unverified")}
        </Badge>
      </Row>
      {me.pendingEmail === null ? (
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
      ) : (
        <PendingEmail address={me.pendingEmail} />
      )}
    </Section>
  );
};
