import { useQuery } from "@apollo/client/react";
import { MailPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { EmptyState } from "../../../kit/display.tsx";
import { Card, Page } from "../../../kit/layout.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { ConnectionTable, NO_ROWS, usePage } from "../../kit/connection-table.tsx";
import { ChoiceFilter } from "../../kit/filters/choice-filter.tsx";
import { FilterBar } from "../../kit/filters/filter-bar.tsx";
import { useUrlState } from "../../kit/filters/url-state.ts";
import { shownOf } from "../../kit/shown-query.ts";
import { useTenant } from "../../kit/use-tenant.ts";
import { useViewer } from "../../kit/viewer.tsx";
import { useInvitationColumns } from "./invitation-columns.tsx";
import { ConsoleInvitationsDocument } from "./invitations.documents.ts";
import { InviteDialog } from "./invite-dialog.tsx";
import type { ListedInvitation } from "./listed-invitation.ts";
import { RevokeDialog } from "./revoke-dialog.tsx";

export const INVITATION_STATUSES = ["PENDING", "ACCEPTED", "DECLINED", "EXPIRED", "REVOKED", "VOID"] as const;

/** The people who were invited, and the way to invite more. */
export const InvitationsPage = () => {
  const { t } = useTranslation(["administration", "console"]);
  const tenantId = useTenant().id;
  // Users are invited to the tenant of the access token.
  const isOwn = useViewer().tenant.id === tenantId;
  const [isInviting, setInviting] = useState(false);
  const [revoked, revoke] = useState<ListedInvitation | null>(null);
  const query = useQuery(ConsoleInvitationsDocument, {
    variables: { tenantId, filter: { status: useUrlState().getOneOf("status", INVITATION_STATUSES) }, ...usePage() },
    fetchPolicy: "cache-and-network",
  });
  const shown = shownOf(query);
  const columns = useInvitationColumns(revoke);
  const inviteButton = isOwn && (
    <Button variant="primary" onPress={() => setInviting(true)}>
      <MailPlus aria-hidden size={18} />
      {t("invitations.invite")}
    </Button>
  );
  return (
    <Page title={t("console:pages.invitations")} description={t("invitations.description")} action={inviteButton}>
      <Card>
        <FilterBar label={t("invitations.filter")} list="invitations" params={["status"]}>
          <ChoiceFilter
            name="status"
            label={t("invitations.column.status")}
            options={INVITATION_STATUSES.map((value) => ({ value, label: t(`invitations.status.${value}`) }))}
          />
        </FilterBar>
        <QueryView query={shown}>
          {({ node }) => (
            <ConnectionTable
              label={t("console:pages.invitations")}
              columns={columns}
              connection={(node?.__typename === "Tenant" ? node.invitations : null) ?? NO_ROWS}
              isStale={shown.isStale}
              empty={
                <EmptyState
                  icon={<MailPlus aria-hidden size={32} />}
                  title={t("invitations.empty.title")}
                  action={inviteButton}
                >
                  {t("invitations.empty.text")}
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {isInviting && <InviteDialog onClose={() => setInviting(false)} onDone={() => void query.refetch()} />}
      <RevokeDialog invitation={revoked} onClose={() => revoke(null)} />
    </Page>
  );
};
