import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Items, Page, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { InvitationsSection } from "./invitations-section.tsx";
import { MembershipItem } from "./membership-item.tsx";
import { MembershipsDocument } from "./memberships.documents.ts";

export const MembershipsPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(MembershipsDocument, { fetchPolicy: "cache-and-network" });
  const reload = () => query.refetch().catch(() => {});
  return (
    <Page title={t("memberships.title")} description={t("memberships.text")}>
      <QueryView query={query}>
        {({ me, tenant, membershipInvitations }) => (
          <>
            {membershipInvitations.length > 0 && (
              <InvitationsSection invitations={membershipInvitations} reload={reload} />
            )}
            <Section title={t("memberships.yours")}>
              <Items label={t("memberships.yours")}>
                {me.memberships.map((membership) => (
                  <MembershipItem
                    key={membership.id}
                    membership={membership}
                    isHere={membership.tenant.id === tenant.id}
                    reload={reload}
                  />
                ))}
              </Items>
            </Section>
          </>
        )}
      </QueryView>
    </Page>
  );
};
