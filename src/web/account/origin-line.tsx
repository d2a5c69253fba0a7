import { useTranslation } from "react-i18next";
import { Time } from "../kit/display.tsx";

interface OriginLineProps {
  readonly location: { readonly label: string } | null;
  readonly ipAddress?: string | null;
}

/** From where: the place as far as it is known, and the address. */
export const OriginLine = ({ location, ipAddress }: OriginLineProps) => {
  const { t } = useTranslation("account");
  return (
    <>
      <bdi>{location?.label ?? t("place.unknown")}</bdi>
      {ipAddress && (
        <>
          {" · "}
          <bdi>{ipAddress}</bdi>
        </>
      )}
    </>
  );
};

/** A sentence with an instant in it. */
export const When = ({ at, children }: { readonly at: string; readonly children: (when: string) => string }) => {
  const marker = "\u0000";
  const [before = "", after = ""] = children(marker).split(marker);
  return (
    <>
      {before}
      <Time at={at} />
      {after}
    </>
  );
};
