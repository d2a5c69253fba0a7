import { and, desc, eq, isNull } from "drizzle-orm";
import { LINK_PURPOSES as accountLinks } from "#features/account/link-purposes";
import { LINK_PURPOSES as invitationLinks } from "#features/invitations/link-purposes";
import { type LinkPurpose, links } from "#features/links/index";
import { LINK_PURPOSES as loginLinks } from "#features/login/link-purposes";
import { LINK_PURPOSES as passwordLinks } from "#features/passwords/link-purposes";
import { LINK_PURPOSES as registrationLinks } from "#features/registration/link-purposes";
import { LINK_PURPOSES as sessionLinks } from "#features/sessions/link-purposes";
import type { UserId } from "#shared/ids";
import type { BuiltApp } from "../servers/app.ts";

/** The link purposes of all features. */
export const LINK_PURPOSES = [
  sessionLinks,
  passwordLinks,
  registrationLinks,
  loginLinks,
  accountLinks,
  invitationLinks,
].flat();

/** A link purpose by its name. */
export const purposeNamed = (name: string): LinkPurpose => {
  const purpose = LINK_PURPOSES.find((each) => each.name === name);
  if (purpose === undefined) throw new Error(`No link has the purpose ${name}.`);
  return purpose;
};

/** The token of a user's newest unused link of this purpose. */
export const newestTokenOf = async (
  { app }: Pick<BuiltApp, "app">,
  { id }: { readonly id: UserId },
  purpose: string,
): Promise<string> => {
  const [link] = await app.db
    .select()
    .from(links)
    .where(and(eq(links.userId, id), eq(links.purpose, purpose), isNull(links.usedAt)))
    .orderBy(desc(links.id))
    .limit(1);
  if (!link) throw new Error(`The user has no link for ${purpose}.`);
  return app.links.tokenOf(link);
};
