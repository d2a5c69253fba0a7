import { Ctx, Mutation, Resolver } from "type-graphql";
import type { UsersService } from "#features/users/index";
import { RateLimit, Reauth } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { RegenerateBackupCodesPayload } from "./backup-codes.graphql.ts";
import type { BackupCodesService } from "./backup-codes.service.ts";

@Resolver()
export class BackupCodesResolver {
  constructor(private readonly deps: { backupCodes: BackupCodesService; users: UsersService }) {}

  // Each call computes ten slow hashes.
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Reauth()
  @Fails("BAD_REQUEST")
  @Mutation(() => RegenerateBackupCodesPayload, {
    description:
      "Replaces the backup codes: the old ones stop working, used or not. Rejected if no second factor is enabled. " +
      "Unfinished logins must start again.",
  })
  async regenerateBackupCodes(@Ctx() { viewer, client }: SignedIn): Promise<RegenerateBackupCodesPayload> {
    const backupCodes = await this.deps.backupCodes.renew(viewer, client);
    return { backupCodes, user: await this.deps.users.get(viewer.userId) };
  }
}
