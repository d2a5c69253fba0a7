import { useTranslation } from "react-i18next";
import { Badge, Details, Time } from "../../kit/display.tsx";
import { Item, Items, Muted, Row, Section, Stack } from "../../kit/layout.tsx";
import { UserFactors } from "./user-factors.tsx";
import type { ConsoleUser } from "./user-types.ts";

/** Who a user is, where they belong, and how they prove who they are. */
export const UserProfile = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation(["console", "common"]);
  return (
    <Stack>
      <Section title={t("user.account")}>
        <Details
          items={[
            [t("user.email"), <Email key="email" user={user} />],
            [t("user.name"), user.name && <bdi key="name">{user.name}</bdi>],
            [t("users.column.username"), user.username && <bdi key="username">{user.username}</bdi>],
            [t("user.home"), user.tenant.name],
            [t("common:language"), user.locale],
            [t("users.column.created"), <Time key="created" at={user.createdAt} exact />],
            [
              t("users.column.lastLogin"),
              user.lastLoginAt ? <Time key="login" at={user.lastLoginAt} exact /> : t("common:never"),
            ],
            [t("user.id"), <code key="id">{user.id}</code>],
          ]}
        />
      </Section>
      <Section title={t("user.memberships")}>
        <Memberships user={user} />
      </Section>
      <UserFactors user={user} />
    </Stack>
  );
};

const Email = ({ user: { email, emailVerified } }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  return (
    <Row>
      <bdi>{email}</bdi>
      {!emailVerified && <Badge tone="warning">{t("user.unverified")}</Badge>}
    </Row>
  );
};

const Memberships = ({ user: { memberships } }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  if (memberships.length === 0) return <Muted>{t("user.noMemberships")}</Muted>;
  return (
    <Items label={t("user.memberships")}>
      {memberships.map(({ id, tenant, roles, isHome, status, joinedAt }) => (
        <Item
          key={id}
          title={
            <Row>
              {tenant.name}
              {isHome && <Badge tone="brand">{t("user.isHome")}</Badge>}
              {status === "SUSPENDED" && <Badge tone="danger">{t("users.status.SUSPENDED")}</Badge>}
            </Row>
          }
        >
          {roles.map(({ name }) => name).join(", ")} · <Time at={joinedAt} />
        </Item>
      ))}
    </Items>
  );
};
