import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button.tsx";
import { Row } from "./layout.tsx";

interface LoadMoreProps {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly load: (after: string) => Promise<unknown>;
}

/** The next page of a connection, below the ones that are shown. */
export const LoadMore = ({ pageInfo: { hasNextPage, endCursor }, load }: LoadMoreProps) => {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  if (!hasNextPage || endCursor === null) return null;
  const press = async () => {
    setBusy(true);
    await load(endCursor).finally(() => setBusy(false));
  };
  return (
    <Row>
      <Button isPending={busy} onPress={press}>
        {t("showMore")}
      </Button>
    </Row>
  );
};
