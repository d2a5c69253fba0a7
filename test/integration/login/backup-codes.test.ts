import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChallengesService } from "#features/challenges/index";
import { FactorChanges } from "#features/login/mfa/factor-changes";
import { findMfa } from "#features/login/mfa/mfa.repository";
import {
  type BackupCodeSet,
  BackupCodesService,
  type BackupCodesServiceDeps,
} from "#features/login/second-factors/backup-code/backup-codes.service";
import { backupCodes } from "#features/login/second-factors/backup-code/backup-codes.table";
import { totpSecrets } from "#features/login/second-factors/totp/totp.table";
import type { User } from "#features/users/index";
import { InMemoryPubSub } from "#platform/pubsub/index";
import { AppError } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { ANONYMOUS, CLIENT, eventsOf } from "../../support/factories/stored-users.ts";
import { type AccountServices, startAccountServices } from "../../support/servers/account-services.ts";

let app: AccountServices;
let deps: BackupCodesServiceDeps;
let changes: FactorChanges;
let service: BackupCodesService;

beforeAll(async () => {
  app = await startAccountServices();
  const { db, clock, ids, hasher, sessions, authMethods, events, mails } = app;
  const challenges = new ChallengesService({
    db,
    clock,
    ids,
    keyRing: app.test.keyRing,
    pubsub: new InMemoryPubSub(),
  });
  changes = new FactorChanges({ clock, sessions, authMethods, challenges, events, mails });
  deps = { db, clock, ids, hasher, changes, events, mails };
  service = app.backupCodes;
});
afterAll(() => app.close());

/** A user with an authenticator app and an active set of codes. */
const newOwner = async (): Promise<{ user: User; codes: string[] }> => {
  const user = await app.newUser();
  await app.db.insert(totpSecrets).values({ userId: user.id, tenantId: user.tenantId, secret: "sealed" });
  const { codes } = await pendingSetOf(user);
  await app.db.transaction((tx) => service.activatePending(tx, user.id));
  return { user, codes };
};

const pendingSetOf = async (user: User): Promise<BackupCodeSet> => {
  const set = await service.make();
  await app.db.transaction((tx) => service.storePending(tx, user, set, ANONYMOUS as SessionId));
  return set;
};

const firstOf = ([code = ""]: readonly string[]): string => code;

const accepted = async (user: User, code: string) => {
  const proof = await service.verify(user, code);
  if (proof === null) throw new Error("The code is wrong.");
  return proof;
};

const use = async (user: User, code: string) => {
  const proof = await accepted(user, code);
  return app.db.transaction((tx) => proof.consume(tx, CLIENT));
};

/** The service with another hash function. */
const hashing = (hasher: Partial<BackupCodesServiceDeps["hasher"]>): BackupCodesService => {
  const real: BackupCodesServiceDeps["hasher"] = {
    hash: (code) => app.hasher.hash(code),
    verify: (hash, code) => app.hasher.verify(hash, code),
    verifyDummy: (code) => app.hasher.verifyDummy(code),
  };
  return new BackupCodesService({ ...deps, hasher: { ...real, ...hasher } });
};

const rowsOf = ({ id }: User) => app.db.select().from(backupCodes).where(eq(backupCodes.userId, id));
const leftOf = async ({ id }: User) => (await findMfa(app.db, id))?.backupCodesLeft;
const worksFor = async (user: User, code: string) => (await service.verify(user, code)) !== null;

describe("a backup code", () => {
  it("works once, and its use is notified to the user", async () => {
    const { user, codes } = await newOwner();

    expect(await use(user, firstOf(codes))).toEqual({ left: 9 });

    expect(await worksFor(user, firstOf(codes))).toBe(false);
    expect(await leftOf(user)).toBe(9);
    const [told] = (await app.mailsTo(user.email)).filter(({ template }) => template === "backup-code-used");
    expect(told?.data).toMatchObject({ left: 9, ipAddress: CLIENT.ipAddress, device: CLIENT.device.label });
    const [event] = (await eventsOf(app.test, user)).filter(({ type }) => type === "BACKUP_CODE_USED");
    expect(event).toMatchObject({ details: { left: 9 }, ipAddress: CLIENT.ipAddress });
  });

  it("is not used up by being verified", async () => {
    const { user, codes } = await newOwner();

    for (let times = 0; times < 3; times++) expect(await worksFor(user, firstOf(codes))).toBe(true);
    expect(await leftOf(user)).toBe(10);
  });

  it("is not used up by a transaction that does not commit", async () => {
    const { user, codes } = await newOwner();
    const { consume } = await accepted(user, firstOf(codes));
    const crash = app.db.transaction(async (tx) => {
      await consume(tx, CLIENT);
      throw new Error("crashed");
    });
    await expect(crash).rejects.toThrow("crashed");

    expect(await use(user, firstOf(codes))).toEqual({ left: 9 });
    expect((await app.eventsOf(user.id)).filter((type) => type === "BACKUP_CODE_USED")).toHaveLength(1);
  });

  it("is accepted once when twenty callers use it at the same moment", async () => {
    const { user, codes } = await newOwner();
    const authMethods = await Promise.all(Array.from({ length: 20 }, () => accepted(user, firstOf(codes))));

    const used = await Promise.all(authMethods.map((proof) => app.db.transaction((tx) => proof.consume(tx, CLIENT))));

    expect(used.filter((each) => each !== null)).toEqual([{ left: 9 }]);
    expect(await leftOf(user)).toBe(9);
    expect((await app.eventsOf(user.id)).filter((type) => type === "BACKUP_CODE_USED")).toHaveLength(1);
    const mails = (await app.mailsTo(user.email)).filter(({ template }) => template === "backup-code-used");
    expect(mails).toHaveLength(1);
  });

  it("works whichever code of the set it is, however it is typed", async () => {
    const { user, codes } = await newOwner();

    for (const [nth, code] of codes.entries())
      expect(await use(user, ` ${code.toLowerCase().replace("-", " ")}`)).toEqual({ left: 9 - nth });
    expect(await leftOf(user)).toBe(0);
  });

  it("is not valid for another user", async () => {
    const { codes } = await newOwner();
    const { user: other, codes: others } = await newOwner();

    expect(await worksFor(other, firstOf(codes))).toBe(false);
    expect(await worksFor(other, firstOf(others))).toBe(true);
  });

  it("is stored as a hash only", async () => {
    const { user, codes } = await newOwner();
    await use(user, firstOf(codes));

    const rows = await rowsOf(user);
    expect(rows).toHaveLength(10);
    const left = JSON.stringify([rows, await eventsOf(app.test, user), await app.mailsTo(user.email), app.test.logs]);
    for (const { hash } of rows) expect(hash).toMatch(/^\$argon2id\$/);
    for (const code of codes) {
      expect(left).not.toContain(code);
      expect(left).not.toContain(code.replace("-", ""));
    }
  });
});

describe("verifying a code", () => {
  /** The service, and a count of the hashes that it computed. */
  const counting = () => {
    const counted = { hashes: 0 };
    const counter = hashing({
      verify(hash, code) {
        counted.hashes += 1;
        return app.hasher.verify(hash, code);
      },
      verifyDummy(code) {
        counted.hashes += 1;
        return app.hasher.verifyDummy(code);
      },
    });
    return { counted, counter };
  };

  it.each([
    ["that is wrong", (code: string) => `${code.slice(0, -1)}${code.endsWith("A") ? "B" : "A"}`],
    ["that is malformed", () => "wrong"],
    ["that is as long as a request", () => "A".repeat(100_000)],
    ["that is empty", () => ""],
  ])("computes one hash for one %s", async (_what, typed) => {
    const { user, codes } = await newOwner();
    const { counted, counter } = counting();

    expect(await counter.verify(user, typed(firstOf(codes)))).toBeNull();
    expect(counted.hashes).toBe(1);
    expect(await leftOf(user)).toBe(10);
  });

  it("computes one hash for a used code, and for a user without codes", async () => {
    const { user, codes } = await newOwner();
    await use(user, firstOf(codes));
    const { counted, counter } = counting();

    expect(await counter.verify(user, firstOf(codes))).toBeNull();
    expect(await counter.verify(await app.newUser(), firstOf(codes))).toBeNull();
    expect(counted.hashes).toBe(2);
  });

  it("fails as busy if no hash can be computed, and does not call the code wrong", async () => {
    const { user, codes } = await newOwner();
    const busy = async (): Promise<never> => {
      throw new AppError("SERVICE_UNAVAILABLE");
    };
    const overrun = hashing({ verify: busy, verifyDummy: busy });

    for (const code of [firstOf(codes), "wrong"])
      await expect(overrun.verify(user, code)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});

describe("a set that is pending until its authenticator app is confirmed", () => {
  it("verifies nothing", async () => {
    const user = await app.newUser();
    const { codes } = await pendingSetOf(user);

    for (const code of codes) expect(await worksFor(user, code)).toBe(false);
    expect(await leftOf(user)).toBe(0);
  });

  it("replaces an earlier pending set", async () => {
    const user = await app.newUser();
    const before = await pendingSetOf(user);
    const { codes } = await pendingSetOf(user);
    await app.db.transaction((tx) => service.activatePending(tx, user.id));

    expect(await worksFor(user, firstOf(before.codes))).toBe(false);
    expect(await worksFor(user, firstOf(codes))).toBe(true);
    expect(await rowsOf(user)).toHaveLength(10);
  });

  it("does not affect the active set until it replaces it", async () => {
    const { user, codes: old } = await newOwner();
    const { codes } = await pendingSetOf(user);
    expect(await worksFor(user, firstOf(old))).toBe(true);
    expect(await worksFor(user, firstOf(codes))).toBe(false);
    const weighed = await accepted(user, firstOf(old));

    await app.db.transaction((tx) => service.activatePending(tx, user.id));

    expect(await worksFor(user, firstOf(old))).toBe(false);
    expect(await worksFor(user, firstOf(codes))).toBe(true);
    expect(await app.db.transaction((tx) => weighed.consume(tx, CLIENT))).toBeNull();
    expect(await leftOf(user)).toBe(10);
  });

  it("stays pending when the active set is deleted with the last factor", async () => {
    const { user, codes: old } = await newOwner();
    const { viewer, client } = await app.signIn(user);
    const { codes } = await pendingSetOf(user);
    await changes.apply({ viewer, client }, async (tx) => {
      await tx.delete(totpSecrets).where(eq(totpSecrets.userId, user.id));
      return { change: { kind: "TOTP_DISABLED" }, result: null };
    });
    expect(await worksFor(user, firstOf(old))).toBe(false);

    await app.db.transaction((tx) => service.activatePending(tx, user.id));
    expect(await worksFor(user, firstOf(codes))).toBe(true);
  });
});

describe("renewing backup codes", () => {
  it("invalidates the old ones, used or not, verified or not, and notifies the user", async () => {
    const { user, codes: old } = await newOwner();
    const { viewer, client } = await app.signIn(user);
    await use(user, firstOf(old));
    const weighed = await accepted(user, old.at(-1) ?? "");

    const codes = await service.renew(viewer, client);

    expect(new Set([...old, ...codes]).size).toBe(20);
    for (const code of old) expect(await worksFor(user, code)).toBe(false);
    expect(await app.db.transaction((tx) => weighed.consume(tx, CLIENT))).toBeNull();
    for (const code of codes) expect(await worksFor(user, code)).toBe(true);
    expect(await leftOf(user)).toBe(10);
    expect((await app.eventsOf(user.id)).at(-1)).toBe("BACKUP_CODES_RENEWED");
    const told = (await app.mailsTo(user.email)).at(-1);
    expect(told).toMatchObject({ template: "mfa-changed", data: { change: "BACKUP_CODES_RENEWED" } });
  });

  it("does not affect the set that is pending with an authenticator app", async () => {
    const { user } = await newOwner();
    const { viewer, client } = await app.signIn(user);
    const { codes: waiting } = await pendingSetOf(user);

    const codes = await service.renew(viewer, client);
    expect(await worksFor(user, firstOf(codes))).toBe(true);

    await app.db.transaction((tx) => service.activatePending(tx, user.id));
    expect(await worksFor(user, firstOf(codes))).toBe(false);
    expect(await worksFor(user, firstOf(waiting))).toBe(true);
  });

  it("results in one set when five calls renew at the same moment", async () => {
    const { user } = await newOwner();
    const { viewer, client } = await app.signIn(user);

    const sets = await Promise.all(Array.from({ length: 5 }, () => service.renew(viewer, client)));

    const working = await Promise.all(sets.map((codes) => worksFor(user, firstOf(codes))));
    expect(working.filter(Boolean)).toHaveLength(1);
    expect(await rowsOf(user)).toHaveLength(10);
  });

  it("is refused if the user has no second factor", async () => {
    const user = await app.newUser();
    const { viewer, client } = await app.signIn(user);

    await expect(service.renew(viewer, client)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await rowsOf(user)).toEqual([]);
    expect(await app.eventsOf(user.id)).not.toContain("BACKUP_CODES_RENEWED");
  });

  it("is refused, and changes nothing, if the factor is removed while the codes are hashed", async () => {
    const { user } = await newOwner();
    const { viewer, client } = await app.signIn(user);
    const slow = hashing({
      async hash(code) {
        await app.db.delete(totpSecrets).where(eq(totpSecrets.userId, user.id));
        return app.hasher.hash(code);
      },
    });
    const before = await rowsOf(user);

    await expect(slow.renew(viewer, client)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await rowsOf(user)).toEqual(before);
    expect(await app.mailsTo(user.email)).not.toContainEqual(expect.objectContaining({ template: "mfa-changed" }));
  });
});
