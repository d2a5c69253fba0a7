import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { TextField } from "../../../kit/text-fields.tsx";
import { isIpAddress } from "./ip-address.ts";
import { useUrlState } from "./url-state.ts";

const PARAM = "ip";

/** The IP address in the address bar, if it is one. */
export const useAddress = (): string | null => {
  const text = useUrlState().get(PARAM);
  return text !== null && isIpAddress(text) ? text : null;
};

/** A filter by IP address, which applies once a whole one is typed. */
export const AddressFilter = () => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const applied = useAddress() ?? "";
  const [typed, setTyped] = useState(applied);
  useEffect(() => setTyped(applied), [applied]);
  const change = (text: string) => {
    setTyped(text);
    const address = text.trim();
    if (address === "" || isIpAddress(address)) url.set({ [PARAM]: address || null });
  };
  return <TextField label={t("filters.ipAddress")} value={typed} onChange={change} />;
};
