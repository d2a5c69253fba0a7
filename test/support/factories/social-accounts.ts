import { randomBytes } from "node:crypto";
import { socialAccounts } from "#features/social/social-accounts.table";
import type { User } from "#features/users/index";
import type { SocialAccountId } from "#shared/ids";
import type { BuiltApp } from "../servers/app.ts";

/** An account at a provider with which the user can log in, as if it had been linked. */
export const addSocialAccount = async (
  { app }: Pick<BuiltApp, "app">,
  { id: userId, tenantId }: Pick<User, "id" | "tenantId">,
  provider: string,
  traits: Partial<Pick<typeof socialAccounts.$inferInsert, "issuer" | "subject" | "email">> = {},
): Promise<typeof socialAccounts.$inferSelect> => {
  const [account] = await app.db
    .insert(socialAccounts)
    .values({
      id: app.ids.next<SocialAccountId>(),
      tenantId,
      userId,
      provider,
      issuer: `https://${provider}.example`,
      subject: randomBytes(8).toString("hex"),
      linkedAt: app.clock.now(),
      ...traits,
    })
    .returning();
  if (account === undefined) throw new Error("The account was not inserted.");
  return account;
};
