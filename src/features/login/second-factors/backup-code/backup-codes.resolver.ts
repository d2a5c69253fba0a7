import { Ctx, Mutation, Resolver } from "type-graphql";
import { RateLimit, Reauth } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { BackupCodesPayload } from "./backup-codes.graphql.ts";
import type { BackupCodesService } from "./backup-codes.service.ts";

@Resolver()
export class BackupCodesResolver {
  constructor(private readonly deps: { backupCodes: BackupCodesService }) {}

  // Each call computes ten slow hashes.
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Reauth()
  @Mutation(() => BackupCodesPayload, {
    description:
      "Replaces the backup codes: the old ones stop working, used or not. BAD_REQUEST: no second factor is on. " +
      "Unfinished logins begin anew.",
  })
  async regenerateBackupCodes(@Ctx() { viewer, client }: SignedIn): Promise<BackupCodesPayload> {
    return { backupCodes: await this.deps.backupCodes.renew(viewer, client) };
  }
}
