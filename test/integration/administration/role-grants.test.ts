import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listGranters, listLatestGrants, type User } from "#features/users/index";
import type { UserId } from "#shared/ids";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { buildTestApp } from "../../support/servers/app.ts";

let app: Awaited<ReturnType<typeof buildTestApp>>;
beforeAll(async () => {
  app = await buildTestApp();
});
afterAll(() => app?.close());

/** Runs the last step of the migration that adds the record of role grants, which fills it from the security history. */
const fillFromHistory = async (): Promise<void> => {
  const folder = join(import.meta.dirname, "../../../drizzle");
  const name = (await readdir(folder)).find((file) => file.endsWith("_role_grants_and_approvals.sql")) ?? "";
  const statement = (await readFile(join(folder, name), "utf8")).split("--> statement-breakpoint").at(-1) ?? "";
  await app.app.db.execute(sql.raw(statement));
};

const people = async (...roles: readonly User["roles"][]): Promise<User[]> => {
  const tenant = await createTenant(app);
  return Promise.all(roles.map((each) => addUser(app, tenant, { roles: each })));
};

const record = ({ id: userId, tenantId }: User, type: "USER_REGISTERED" | "ROLES_CHANGED", details: object) =>
  app.app.events.record(app.app.db, { type, tenantId, userId, client: null, details: { ...details } });

const forgetGrants = () => app.app.db.execute(sql`delete from role_grants`);

const grantersOf = async ({ id }: User): Promise<UserId[]> =>
  [...((await listGranters(app.app.db, [id])).get(id) ?? [])].sort();

describe("the users who granted earlier admins their roles", () => {
  it("are those in the history, and also those who granted them theirs", async () => {
    const [founder, inviter, admin, other] = (await people(
      ["USER", "ADMIN"],
      ["USER"],
      ["USER", "ADMIN"],
      ["USER", "ADMIN"],
    )) as [User, User, User, User];
    await record(founder, "USER_REGISTERED", {});
    await record(inviter, "USER_REGISTERED", { registrationId: "1", by: founder.id });
    await record(admin, "USER_REGISTERED", { invitedBy: inviter.id });
    await record(other, "USER_REGISTERED", {});
    await record(other, "ROLES_CHANGED", { by: admin.id, from: ["USER"], to: ["USER", "ADMIN"] });
    await forgetGrants();
    await fillFromHistory();
    expect(await grantersOf(founder)).toEqual([]);
    expect(await grantersOf(admin)).toEqual([founder.id, inviter.id].sort());
    expect(await grantersOf(other)).toEqual([admin.id, founder.id, inviter.id].sort());
    const granted = await listLatestGrants(app.app.db, [founder.id, admin.id]);
    expect(granted).toContainEqual({ userId: founder.id, role: "ADMIN", grantedAt: founder.createdAt });
    expect(granted).toContainEqual({ userId: admin.id, role: "ADMIN", grantedAt: admin.createdAt });
    await fillFromHistory();
    expect(await grantersOf(other)).toHaveLength(3);
  });

  it("are not recorded if the history names the command line or nothing", async () => {
    const [operator, silent] = (await people(["USER", "OPERATOR"], ["USER", "ADMIN"])) as [User, User];
    await record(operator, "ROLES_CHANGED", { from: ["USER"], to: ["USER", "OPERATOR"] });
    await forgetGrants();
    await fillFromHistory();
    expect(await grantersOf(operator)).toEqual([]);
    expect(await grantersOf(silent)).toEqual([]);
    const granted = await listLatestGrants(app.app.db, [operator.id, silent.id]);
    expect(granted.map(({ userId, role }) => [userId, role])).toEqual(
      expect.arrayContaining([
        [operator.id, "OPERATOR"],
        [silent.id, "ADMIN"],
      ]),
    );
  });
});
