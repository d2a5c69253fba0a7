import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Page } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { EmailSection } from "./email-section.tsx";
import { NameSection } from "./name-section.tsx";
import { ProfileDocument } from "./profile.documents.ts";
import { UsernameSection } from "./username-section.tsx";

export const ProfilePage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(ProfileDocument, { fetchPolicy: "cache-and-network" });
  return (
    <Page title={t("profile.title")}>
      <QueryView query={query}>
        {({ me }) => (
          <>
            <NameSection me={me} />
            <EmailSection me={me} reload={() => query.refetch()} />
            <UsernameSection me={me} />
          </>
        )}
      </QueryView>
    </Page>
  );
};
