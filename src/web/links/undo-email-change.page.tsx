import { useState } from "react";
import { useTranslation } from "react-i18next";
import { errorOf } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Form } from "../kit/form.tsx";
import { Stack } from "../kit/layout.tsx";
import { CodeField, PasswordField } from "../kit/text-fields.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { Done, InvalidLink, LinkPage } from "./link-page.tsx";
import { KeepEmailChangeDocument, UndoEmailChangeDocument, type UndoEmailChangeProof } from "./links.documents.ts";
import { type Answer, useAnswer } from "./use-answer.ts";

interface Outcome {
  readonly kind: "kept" | "undone";
  readonly email: string;
}

export const UndoEmailChangePage = () => (
  <LinkPage kind="undoEmailChange">{(token) => <UndoEmailChange token={token} />}</LinkPage>
);

/** The address was changed: *Yes, that was me*, or *No*, which needs a device or a credential from before. */
const UndoEmailChange = ({ token }: { readonly token: string }) => {
  const { t } = useTranslation("links");
  const errorText = useErrorText();
  const answer = useAnswer<Outcome>();
  if (answer.isInvalid) return <InvalidLink kind="undoEmailChange" />;
  if (answer.result !== null) return <Answered outcome={answer.result} />;
  const keep = () =>
    answer.send(async () => ({
      kind: "kept",
      email: (await request(KeepEmailChangeDocument, { input: { token } })).email,
    }));
  const undo = (proof?: UndoEmailChangeProof) =>
    answer.send(async () => ({
      kind: "undone",
      email: (await request(UndoEmailChangeDocument, { input: { token, ...(proof && { proof }) } })).email,
    }));
  const needsProof = errorOf(answer.failure)?.reason === "OLDER_CREDENTIAL_REQUIRED";
  return (
    <CardPage title={t("undoEmailChange.title")} description={t("undoEmailChange.text")}>
      <Stack>
        {answer.failure !== null && !needsProof && <Alert tone="danger">{errorText(answer.failure)}</Alert>}
        {needsProof ? (
          <OlderCredential answer={answer} undo={undo} />
        ) : (
          <>
            <Button wide isDisabled={answer.busy} onPress={keep}>
              {t("undoEmailChange.keep")}
            </Button>
            <Button variant="danger" wide isPending={answer.busy} onPress={() => undo()}>
              {t("undoEmailChange.undo")}
            </Button>
          </>
        )}
      </Stack>
    </CardPage>
  );
};

interface OlderCredentialProps {
  readonly answer: Answer<Outcome>;
  readonly undo: (proof: UndoEmailChangeProof) => Promise<void>;
}

/** This device was not known before the change. */
const OlderCredential = ({ answer, undo }: OlderCredentialProps) => {
  const { t } = useTranslation("links");
  const [kind, setKind] = useState<"password" | "totpCode">("password");
  const other = kind === "password" ? "totpCode" : "password";
  return (
    <>
      <Alert tone="warning">{t("undoEmailChange.older")}</Alert>
      <Form onSubmit={({ proof = "" }) => undo(kind === "password" ? { password: proof } : { totpCode: proof })}>
        {kind === "password" ? (
          <PasswordField
            key={kind}
            name="proof"
            label={t("undoEmailChange.password")}
            autoComplete="current-password"
            isRequired
            autoFocus
          />
        ) : (
          <CodeField key={kind} name="proof" label={t("undoEmailChange.totpCode")} isRequired autoFocus />
        )}
        <Button type="submit" variant="danger" wide isPending={answer.busy}>
          {t("undoEmailChange.undo")}
        </Button>
      </Form>
      <Button variant="quiet" onPress={() => setKind(other)}>
        {t(`undoEmailChange.use.${other}`)}
      </Button>
    </>
  );
};

const Answered = ({ outcome }: { readonly outcome: Outcome }) => {
  const { t } = useTranslation("links");
  return (
    <Done title={t("undoEmailChange.doneTitle")}>{t(`undoEmailChange.${outcome.kind}`, { email: outcome.email })}</Done>
  );
};
