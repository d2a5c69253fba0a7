import { Ctx, Mutation, Resolver } from "type-graphql";
import { RateLimit, Reauth } from "../../../../platform/schema/access.ts";
import type { SignedIn } from "../../../../platform/schema/context.ts";
import { BackupCodesPayload } from "./backup-codes.graphql.ts";
import type { BackupCodesService } from "./backup-codes.service.ts";

@Resolver()
export class BackupCodesResolver {
  readonly #backupCodes: BackupCodesService;

  constructor({ backupCodes }: { backupCodes: BackupCodesService }) {
    this.#backupCodes = backupCodes;
  }

  // Each call computes ten slow hashes.
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Reauth()
  @Mutation(() => BackupCodesPayload, {
    description:
      "Replaces the backup codes: the old ones stop working, used or not. BAD_REQUEST: no second factor is on. " +
      "Unfinished logins begin anew.",
  })
  async regenerateBackupCodes(@Ctx() { viewer, client }: SignedIn): Promise<BackupCodesPayload> {
    return { backupCodes: await this.#backupCodes.renew(viewer, client) };
  }
}
