export type LogoutScope = "OTHERS" | "ALL" | "NONE";

const FROM_FEWEST: readonly LogoutScope[] = ["NONE", "OTHERS", "ALL"];

/** What a user may choose if the tenant's policy demands that at least these sessions end; the usual choice first. */
export const logoutScopes = (minimum: LogoutScope): readonly LogoutScope[] => {
  const allowed = FROM_FEWEST.slice(FROM_FEWEST.indexOf(minimum));
  return (["OTHERS", "ALL", "NONE"] as const).filter((scope) => allowed.includes(scope));
};
