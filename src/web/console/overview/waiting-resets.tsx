import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Time } from "../../kit/display.tsx";
import { Item, Items, Section } from "../../kit/layout.tsx";
import { UserLink } from "../kit/user-link.tsx";
import { OverviewFactorResetsDocument } from "./overview.documents.ts";

/** Resets of second factors that an admin may want to approve, or to stop. Nothing if there are none. */
export const WaitingResets = () => {
  const { t } = useTranslation("console");
  const { data } = useQuery(OverviewFactorResetsDocument, { fetchPolicy: "cache-and-network" });
  const resets = data?.factorResets.nodes ?? [];
  if (resets.length === 0) return null;
  return (
    <Section title={t("overview.resets")}>
      <Items label={t("overview.resets")}>
        {resets.map(({ id, dueAt, user }) => (
          <Item key={id} title={<UserLink user={user} />}>
            {t("overview.due")} <Time at={dueAt} />
          </Item>
        ))}
      </Items>
    </Section>
  );
};
