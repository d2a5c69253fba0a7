import { and, desc, eq, isNull } from "drizzle-orm";
import { type LinkPurpose, links } from "#features/links/index";
import type { UserId } from "#shared/ids";
import type { BuiltApp } from "./app.ts";

/** The token of a user's newest unused link of this purpose. */
export const newestTokenOf = async (
  { app }: Pick<BuiltApp, "app">,
  { id }: { readonly id: UserId },
  purpose: LinkPurpose,
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
