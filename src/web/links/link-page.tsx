import { CircleCheck, Link2Off } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { errorOf } from "../../client/index.ts";
import { ADDRESS_SECRETS } from "../address-secrets.ts";
import { LinkButton } from "../kit/button.tsx";
import { EmptyState } from "../kit/display.tsx";
import { CardPage } from "../shell/card-page.tsx";
import { useUserActionsOnly } from "./use-user-actions-only.ts";

/** The pages behind links. */
export type LinkKind =
  | "verifyEmail"
  | "activate"
  | "acceptInvitation"
  | "resetPassword"
  | "confirmLogin"
  | "denyLogin"
  | "confirmEmailChange"
  | "undoEmailChange"
  | "cancelFactorReset";

interface LinkPageProps {
  readonly kind: LinkKind;
  readonly children: (token: string) => ReactNode;
}

/** A page that is opened by a mailed link. Nothing happens before the user presses a button, because mail gateways open links. */
export const LinkPage = ({ kind, children }: LinkPageProps) => {
  useUserActionsOnly();
  return ADDRESS_SECRETS.linkToken === null ? <MissingLink kind={kind} /> : children(ADDRESS_SECRETS.linkToken);
};

/** The address has no token: it was not copied completely, or the page was loaded again. */
const MissingLink = ({ kind }: { readonly kind: LinkKind }) => {
  const { t } = useTranslation("links");
  return (
    <CardPage title={t(`${kind}.title`)}>
      <EmptyState icon={<Link2Off aria-hidden size={36} />} title={t("missing.title")}>
        {t("missing.text")}
      </EmptyState>
    </CardPage>
  );
};

interface NextStepProps {
  readonly href: string;
  readonly label: string;
}

/** The link was used, replaced or has expired: what the user can do instead. */
export const InvalidLink = ({ kind, next }: { readonly kind: LinkKind; readonly next?: NextStepProps }) => {
  const { t } = useTranslation("links");
  return (
    <CardPage title={t("invalid.title")}>
      <EmptyState
        icon={<Link2Off aria-hidden size={36} />}
        title={t("invalid.text")}
        action={next && <LinkButton href={next.href}>{next.label}</LinkButton>}
      >
        {t(`${kind}.invalid`)}
      </EmptyState>
    </CardPage>
  );
};

interface DoneProps {
  readonly title: string;
  readonly children: string;
  readonly next?: NextStepProps;
}

/** What the link was for has happened. */
export const Done = ({ title, children, next }: DoneProps) => (
  <CardPage title={title}>
    <EmptyState
      icon={<CircleCheck aria-hidden size={36} />}
      title={children}
      action={
        next && (
          <LinkButton href={next.href} variant="primary">
            {next.label}
          </LinkButton>
        )
      }
    />
  </CardPage>
);

/** Whether the API says that the link cannot be used. */
export const isInvalidLink = (thrown: unknown): boolean => {
  const code = errorOf(thrown)?.code ?? (thrown as { readonly code?: unknown } | null)?.code;
  return code === "INVALID_TOKEN";
};
