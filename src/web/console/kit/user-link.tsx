import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Muted } from "../../kit/layout.tsx";
import { useCan } from "./viewer.tsx";

interface UserLinkProps {
  /** Null if the account is deleted, or not the viewer's to see. */
  readonly user: { readonly id: string; readonly email: string; readonly name?: string | null } | null;
}

/** A user's address, which leads to their page if the viewer may see it. */
export const UserLink = ({ user }: UserLinkProps) => {
  const { t } = useTranslation("console");
  const can = useCan();
  if (!user) return <Muted>{t("userLink.gone")}</Muted>;
  if (!can("users:read")) return <bdi>{user.email}</bdi>;
  return (
    <Link to={`/console/users/${user.id}` as string} title={user.name ?? undefined}>
      <bdi>{user.email}</bdi>
    </Link>
  );
};
