import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Form } from "../../../kit/form.tsx";
import { Row } from "../../../kit/layout.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { useDebounced } from "../../kit/use-debounced.ts";
import { UpdatePolicyDocument } from "./policy.documents.ts";
import { changesOf, type Policy } from "./policy-changes.ts";
import { PolicyEffect } from "./policy-effect.tsx";
import { AccountSettings, LoginSettings, SessionSettings } from "./policy-fields.tsx";

/** So that typing a number asks for one preview. */
const PREVIEW_PAUSE_MS = 300;

interface PolicyEditorProps {
  readonly tenantId: string;
  readonly policy: Policy;
}

/** The settings, and what changing them would have done in the last 30 days. */
export const PolicyEditor = ({ tenantId, policy }: PolicyEditorProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const [edited, setEdited] = useState(policy);
  const settled = useDebounced(edited, PREVIEW_PAUSE_MS);
  const changes = changesOf(policy, edited);
  const isChanged = Object.keys(changes).length > 0;
  const change = (values: Partial<Policy>) => setEdited({ ...edited, ...values });
  const submit = async () => {
    await mutate(UpdatePolicyDocument, { input: { ...changes, tenantId } });
    announce(t("policy.saved"));
  };
  return (
    <Form onSubmit={submit} label={t("policy.description")}>
      {(busy) => (
        <>
          <LoginSettings policy={edited} onChange={change} />
          <AccountSettings policy={edited} onChange={change} />
          <SessionSettings policy={edited} onChange={change} />
          <PolicyEffect tenantId={tenantId} changes={changesOf(policy, settled)} />
          <Row>
            <Button type="submit" variant="primary" isPending={busy} isDisabled={!isChanged}>
              {t("common:save")}
            </Button>
            {isChanged && <Button onPress={() => setEdited(policy)}>{t("policy.discard")}</Button>}
          </Row>
        </>
      )}
    </Form>
  );
};
