import { useTranslation } from "react-i18next";
import type { NavItem } from "../../shell/app-shell.tsx";
import { navigationOf } from "../navigation.tsx";
import { useWaiting } from "./use-waiting.ts";
import { useViewer } from "./viewer.tsx";

interface NavigationGroup {
  readonly title?: string;
  readonly items: readonly NavItem[];
}

/** The list beside the content: the pages that the viewer may open, in groups. */
export const useNavigation = (): readonly NavigationGroup[] => {
  const { t } = useTranslation("console");
  const waiting = useWaiting();
  return navigationOf(useViewer()).map(({ label, pages }) => ({
    ...(label && { title: t(`groups.${label}`) }),
    items: pages.map(({ to, label: page, icon: Icon }) => ({
      to,
      label: t(`pages.${page}`),
      icon: <Icon aria-hidden size={18} />,
      count: waiting[to],
      exact: to === "/console",
    })),
  }));
};
