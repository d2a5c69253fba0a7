import { CircleHelp, Monitor, Smartphone, Tablet } from "lucide-react";

const ICONS = { DESKTOP: Monitor, MOBILE: Smartphone, TABLET: Tablet, OTHER: CircleHelp };

export const DeviceIcon = ({ type }: { readonly type: keyof typeof ICONS }) => {
  const Icon = ICONS[type];
  return <Icon aria-hidden size={22} />;
};
