import type { MemberPageFragment } from "./members.documents.ts";

export type ListedMember = MemberPageFragment["nodes"][number];

/** A change of a membership that the user has chosen. */
export interface MemberAction {
  readonly kind: "roles" | "allowEntry" | "suspend" | "reactivate" | "remove";
  readonly member: ListedMember;
}
