import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ADDRESS_SECRETS } from "../address-secrets.ts";
import { useAction } from "../kit/action.tsx";
import { Alert } from "../kit/alert.tsx";
import { LinkButton } from "../kit/button.tsx";
import { Skeleton } from "../kit/display.tsx";
import { Page, Row, Section } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { LinkSocialAccountDocument } from "./social.documents.ts";

const { socialCallback } = ADDRESS_SECRETS;
const REFUSED = { code: "PROVIDER_REFUSED", reason: null };

/** Where a provider leads back to: links the account that the user has chosen there. */
export const SocialLinkedPage = () => {
  const { t } = useTranslation("account");
  const navigate = useNavigate();
  const mutate = useMutate();
  const hasStarted = useRef(false);
  const link = useAction(async () => {
    if (!socialCallback) return;
    const { state, code, iss } = socialCallback;
    if (code === null) throw REFUSED;
    await mutate(LinkSocialAccountDocument, { input: { state, code, ...(iss && { iss }) } });
    announce(t("social.linkedNow"));
    await navigate({ to: "/account/social", replace: true });
  });
  useEffect(() => {
    // The code counts once.
    if (hasStarted.current) return;
    hasStarted.current = true;
    void link.start();
  });
  const isOver = socialCallback === null || link.failure;
  return (
    <Page title={isOver ? t("social.failed") : t("social.linking")}>
      {link.failure}
      {socialCallback === null && <Alert tone="info">{t("social.nothing")}</Alert>}
      {isOver ? (
        <Row>
          <LinkButton href="/account/social">{t("social.toList")}</LinkButton>
        </Row>
      ) : (
        <Section title={t("social.linkingText")}>
          <Skeleton lines={2} />
        </Section>
      )}
    </Page>
  );
};
