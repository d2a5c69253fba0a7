import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { useAction } from "../kit/action.tsx";
import { Button } from "../kit/button.tsx";
import { Item, Items, Row, Section } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { AcceptMembershipDocument, DeclineMembershipDocument, type MembershipsQuery } from "./memberships.documents.ts";

type Invitation = MembershipsQuery["membershipInvitations"][number];

interface InvitationsSectionProps {
  readonly invitations: readonly Invitation[];
  readonly reload: () => Promise<unknown>;
}

export const InvitationsSection = ({ invitations, reload }: InvitationsSectionProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const answer = useAction(async ({ id: invitationId, tenantName }: Invitation, accepts: boolean) => {
    const input = { invitationId };
    await (accepts ? mutate(AcceptMembershipDocument, { input }) : mutate(DeclineMembershipDocument, { input }));
    await reload();
    announce(accepts ? t("memberships.accepted", { name: tenantName }) : t("memberships.declined"));
  });
  return (
    <Section title={t("memberships.invitations")}>
      {answer.failure}
      <Items label={t("memberships.invitations")}>
        {invitations.map((invitation) => (
          <InvitationItem
            key={invitation.id}
            invitation={invitation}
            isBusy={answer.busy}
            onAnswer={(accepts) => answer.start(invitation, accepts)}
          />
        ))}
      </Items>
    </Section>
  );
};

interface InvitationItemProps {
  readonly invitation: Invitation;
  readonly isBusy: boolean;
  readonly onAnswer: (accepts: boolean) => void;
}

const InvitationItem = ({ invitation, isBusy, onAnswer }: InvitationItemProps) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  const { tenantName: name, invitedBy, roles, expiresAt } = invitation;
  const inviter = invitedBy?.name ?? invitedBy?.email;
  const parts = [
    inviter && t("memberships.invitedBy", { name: inviter }),
    t("memberships.roles", { roles: formats.list(roles.map((role) => role.name)) }),
    t("memberships.validUntil", { date: formats.date(expiresAt) }),
  ];
  return (
    <Item
      title={<bdi>{name}</bdi>}
      action={
        <Row>
          <Button
            variant="primary"
            size="small"
            isDisabled={isBusy}
            aria-label={t("memberships.acceptOf", { name })}
            onPress={() => onAnswer(true)}
          >
            {t("memberships.accept")}
          </Button>
          <Button
            size="small"
            isDisabled={isBusy}
            aria-label={t("memberships.declineOf", { name })}
            onPress={() => onAnswer(false)}
          >
            {t("memberships.decline")}
          </Button>
        </Row>
      }
    >
      {parts.filter(Boolean).join(" · ")}
    </Item>
  );
};
