import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Alert } from "./alert.tsx";
import { Button } from "./button.tsx";
import { Skeleton } from "./display.tsx";
import { useErrorText } from "./errors.ts";

/** The parts of Apollo Client's query result that it shows. */
interface Query<Data> {
  readonly data?: Data | undefined;
  readonly error?: unknown;
  readonly refetch: () => Promise<unknown>;
}

interface QueryViewProps<Data> {
  readonly query: Query<Data>;
  readonly children: (data: Data) => ReactNode;
  /** Shown while loading; by default some lines. */
  readonly loading?: ReactNode;
}

/** A query in each of its states: loading, failed (with a way to try again), and with data. */
export const QueryView = <Data,>({ query, children, loading = <Skeleton lines={5} /> }: QueryViewProps<Data>) => {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { data, error, refetch } = query;
  if (data !== undefined) return children(data);
  if (!error) return loading;
  return (
    <Alert tone="danger">
      <p>{errorText(error)}</p>
      <Button size="small" onPress={() => void refetch().catch(() => {})}>
        {t("tryAgain")}
      </Button>
    </Alert>
  );
};
