import { ApolloProvider } from "@apollo/client/react";
import {
  Building2,
  Database,
  Fingerprint,
  History,
  KeyRound,
  Laptop,
  Link2,
  MonitorSmartphone,
  ShieldCheck,
  Smartphone,
  User,
} from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { apollo } from "../apollo.ts";
import { AppShell } from "../shell/app-shell.tsx";
import { UserMenu } from "../shell/user-menu.tsx";
import { AccountEvents } from "./account-events.tsx";

const PAGES = {
  account: { overview: ShieldCheck, profile: User, memberships: Building2 },
  security: { password: KeyRound, factors: Smartphone, passkeys: Fingerprint, social: Link2 },
  activity: { sessions: MonitorSmartphone, devices: Laptop, history: History, data: Database },
} as const;

type Group = keyof typeof PAGES;
type PageName = { [Name in Group]: keyof (typeof PAGES)[Name] }[Group];

export const AccountLayout = () => {
  const { t } = useTranslation("account");
  const itemOf = (name: PageName, Icon: ComponentType<{ "aria-hidden": true; size: number }>) => ({
    to: name === "overview" ? "/account" : `/account/${name}`,
    label: t(`nav.${name}`),
    icon: <Icon aria-hidden size={18} />,
    exact: name === "overview",
  });
  const groups = (Object.keys(PAGES) as Group[]).map((group) => ({
    title: t(`nav.${group}`),
    items: Object.entries(PAGES[group]).map(([name, Icon]) => itemOf(name as PageName, Icon)),
  }));
  return (
    <ApolloProvider client={apollo}>
      <AccountEvents />
      <AppShell navLabel={t("title")} groups={groups} tools={<UserMenu />} />
    </ApolloProvider>
  );
};
