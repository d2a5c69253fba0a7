import { useTranslation } from "react-i18next";
import { CONFIG } from "../config.ts";
import { switchLocale } from "../i18n/i18n.ts";
import { Avatar } from "../kit/avatar.tsx";
import { Button } from "../kit/button.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { Select } from "../kit/select.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { type ProfileQuery, UpdateProfileDocument } from "./profile.documents.ts";

export const NameSection = ({ me }: { readonly me: ProfileQuery["me"] }) => {
  const { t, i18n } = useTranslation("account");
  const mutate = useMutate();
  const locales = Object.entries(CONFIG.locales).map(([value, label]) => ({ value, label }));
  const save = async ({ name = "", locale = me.locale }: FormValues) => {
    await mutate(UpdateProfileDocument, { input: { name, locale } });
    if (locale !== i18n.language && locale in CONFIG.locales) await switchLocale(locale);
    announce(i18n.t("profile.saved", { ns: "account" }));
  };
  return (
    <Section
      title={t("profile.nameTitle")}
      description={t("profile.nameText")}
      action={<Avatar name={me.name ?? me.email} large />}
    >
      <Form onSubmit={save}>
        {(busy) => (
          <>
            <TextField
              name="name"
              label={t("profile.name")}
              defaultValue={me.name ?? ""}
              autoComplete="name"
              maxLength={200}
            />
            <Select
              name="locale"
              label={t("profile.language")}
              options={locales}
              defaultValue={me.locale in CONFIG.locales ? me.locale : i18n.language}
            />
            <Row>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("save", { ns: "common" })}
              </Button>
            </Row>
          </>
        )}
      </Form>
    </Section>
  );
};
