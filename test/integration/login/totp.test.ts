import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { Secret } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FactorChanges } from "#features/login/mfa/factor-changes";
import { findMfa } from "#features/login/mfa/mfa.repository";
import { CodeAttempts } from "#features/login/second-factors/code-attempts";
import { type Enrollment, TotpService } from "#features/login/second-factors/totp/totp.service";
import { codeAt, stepOf } from "#features/login/second-factors/totp/totp-codes";
import type { User } from "#features/users/index";
import { DELIVER_MAIL } from "#platform/mail/index";
import { KeyRing, type RingKey } from "#platform/secrets";
import { HOUR, MINUTE, SECOND } from "#shared/durations";
import { CLIENT, eventsOf, type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { buildTestApp } from "../../support/servers/app.ts";

const STEP = 30 * SECOND;

const key = (id: string): RingKey => ({ id, secret: randomBytes(32) });
const OLD_KEY = key("old");
const SECRET_KEYS = `old:${OLD_KEY.secret.toString("base64")}`;

/** The service of a replica that has these keys. */
const totpWith = (keyRing: KeyRing): TotpService => {
  const { db, limits, mails, events, sessions, authMethods, challenges, backupCodes } = app.app;
  const { clock } = app;
  const tries = new CodeAttempts({ db, clock, limits, events, mails });
  const changes = new FactorChanges({ clock, sessions, authMethods, challenges, events, mails });
  return new TotpService({
    db,
    clock,
    keyRing,
    codeAttempts: tries,
    changes,
    authMethods,
    backupCodes,
    issuer: "Portcullis",
  });
};

type Built = Awaited<ReturnType<typeof buildTestApp>>;
let app: Built;
let replica: Built;
let totp: TotpService;
let elsewhere: TotpService;
beforeAll(async () => {
  const settings = { SECRET_KEYS, DATABASE_POOL_SIZE: "20", HASHING_QUEUE: "1000", PRODUCT_NAME: "Acme ID" };
  app = await buildTestApp({ settings });
  replica = await buildTestApp({ settings, replicaOf: app });
  totp = app.app.totp;
  elsewhere = replica.app.totp;
});
afterAll(async () => {
  await replica?.close();
  await app?.close();
});

const newPerson = async (): Promise<StoredUser> => signIn(app, await addUser(app, await createTenant(app)));

/** The code that the app shows now, or the given number of steps later. */
const codeOf = ({ secret }: Pick<Enrollment, "secret">, later = 0): string =>
  codeAt(Buffer.from(Secret.fromBase32(secret).bytes), stepOf(app.clock.now()) + later);

/** Six digits that are not the code of a nearby step. */
const wrongCodeOf = (enrollment: Enrollment): string => {
  const near = [-2, -1, 0, 1, 2].map((away) => codeOf(enrollment, away));
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !near.includes(code)) ?? "";
};

/** Activates an app, and waits for the next code, because the first one is used. */
const turnOn = async ({ viewer }: StoredUser): Promise<Enrollment> => {
  const enrollment = await totp.enable(viewer);
  await totp.confirm(viewer, CLIENT, codeOf(enrollment));
  app.clock.advance(2 * STEP);
  return enrollment;
};

const weigh = (user: User, code: string, at = totp) => at.verify(user, code);

/** @returns whether the code was accepted, given as in a login */
const give = async (user: User, code: string): Promise<boolean> => {
  const accepted = await weigh(user, code);
  return accepted !== null && (await app.app.db.transaction((tx) => accepted.consume(tx, CLIENT))) !== null;
};

const mfaOf = ({ user }: StoredUser) => findMfa(app.app.db, user.id);
const query = async <Row extends Record<string, unknown>>(statement: ReturnType<typeof sql>): Promise<Row[]> =>
  (await app.app.db.execute(statement)) as unknown as Row[];
const rowsOf = ({ user }: StoredUser) => query(sql`select * from totp_secrets where user_id = ${user.id}`);
const typesOf = async ({ user }: StoredUser) => (await eventsOf(app, user)).map(({ type }) => type);
/** The changes named in the mails to the user. */
const changesMailed = async ({ user }: StoredUser): Promise<unknown[]> => {
  const mails = await query<{ change: unknown }>(sql`
    select job.payload->'data'->>'change' as change from graphile_worker._private_jobs job
    join graphile_worker._private_tasks task on task.id = job.task_id
    where task.identifier = ${DELIVER_MAIL} and job.payload->>'template' = 'mfa-changed' and job.payload->>'to' = ${user.email}
    order by job.id`);
  return mails.map(({ change }) => change);
};

describe("setting up an authenticator app", () => {
  it("returns all that an app needs, and activates nothing", async () => {
    const alice = await newPerson();
    const enrollment = await totp.enable(alice.viewer);
    expect(enrollment.secret).toMatch(/^[A-Z2-7]{32}$/);
    const url = new URL(enrollment.otpauthUrl);
    expect(decodeURIComponent(url.pathname)).toBe(`/Acme ID:${alice.user.email}`);
    expect(url.searchParams.get("issuer")).toBe("Acme ID");
    expect(url.searchParams.get("secret")).toBe(enrollment.secret);
    expect(enrollment.qrCode).toMatch(/^data:image\/svg\+xml;base64,/);
    expect(new Set(enrollment.backupCodes).size).toBe(10);

    expect(await mfaOf(alice)).toMatchObject({ totp: false, backupCodesLeft: 0 });
    expect(await weigh(alice.user, codeOf(enrollment))).toBeNull();
    expect(await changesMailed(alice)).toEqual([]);
    expect(await typesOf(alice)).not.toContain("MFA_ENABLED");
  });

  it("stores the secret encrypted, before and after it is confirmed", async () => {
    const alice = await newPerson();
    const { secret, ...enrollment } = await totp.enable(alice.viewer);
    const bytes = Buffer.from(Secret.fromBase32(secret).bytes);
    const forms = [secret, bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url")];
    const expectSealed = async (column: "secret" | "pending_secret") => {
      const [row] = await rowsOf(alice);
      expect(row?.[column]).toMatch(/^old\./);
      const text = JSON.stringify(row).toLowerCase();
      for (const form of forms) expect(text).not.toContain(form.toLowerCase());
    };
    await expectSealed("pending_secret");
    await totp.confirm(alice.viewer, CLIENT, codeOf({ secret, ...enrollment }));
    await expectSealed("secret");
  });

  it("is completed by the first code, which is thereby used", async () => {
    const alice = await newPerson();
    const enrollment = await totp.enable(alice.viewer);
    const code = codeOf(enrollment);
    const mfa = await totp.confirm(alice.viewer, CLIENT, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect(mfa).toMatchObject({ totp: true, backupCodesLeft: 10 });
    expect(await mfaOf(alice)).toEqual(mfa);
    expect(await rowsOf(alice)).toMatchObject([{ pending_secret: null, pending_since: null }]);
    expect(await changesMailed(alice)).toEqual(["TOTP_ENABLED"]);
    expect((await typesOf(alice)).filter((type) => type === "MFA_ENABLED")).toHaveLength(1);

    expect(await give(alice.user, code)).toBe(false);
    expect(await give(alice.user, codeOf(enrollment, 1))).toBe(true);
  });

  it("counts wrong codes until one is right", async () => {
    const alice = await newPerson();
    const enrollment = await totp.enable(alice.viewer);
    const wrong = (given: Enrollment) => totp.confirm(alice.viewer, CLIENT, wrongCodeOf(given));
    await expect(wrong(enrollment)).rejects.toMatchObject({ code: "INVALID_CODE", detail: { attemptsLeft: 4 } });
    await expect(wrong(enrollment)).rejects.toMatchObject({ code: "INVALID_CODE", detail: { attemptsLeft: 3 } });
    expect(await mfaOf(alice)).toMatchObject({ totp: false, backupCodesLeft: 0 });
    await totp.confirm(alice.viewer, CLIENT, codeOf(enrollment));
    const next = await totp.enable(alice.viewer);
    await expect(wrong(next)).rejects.toMatchObject({ code: "INVALID_CODE", detail: { attemptsLeft: 4 } });
  });

  it("is locked by five wrong codes for 15 minutes, also for the right code", async () => {
    const alice = await newPerson();
    const enrollment = await totp.enable(alice.viewer);
    for (let tries = 0; tries < 5; tries++)
      await expect(totp.confirm(alice.viewer, CLIENT, wrongCodeOf(enrollment))).rejects.toMatchObject({
        code: "INVALID_CODE",
      });
    await expect(elsewhere.confirm(alice.viewer, CLIENT, codeOf(enrollment))).rejects.toMatchObject({
      reason: "MFA_LOCKED",
    });
    expect(await mfaOf(alice)).toMatchObject({ totp: false });
    app.clock.advance(15 * MINUTE);
    expect(await totp.confirm(alice.viewer, CLIENT, codeOf(enrollment))).toMatchObject({ totp: true });
  });

  it("is refused if no app is pending, without counting a failure", async () => {
    const alice = await newPerson();
    for (let tries = 0; tries < 6; tries++)
      await expect(totp.confirm(alice.viewer, CLIENT, "123456")).rejects.toMatchObject({
        code: "BAD_REQUEST",
        message: expect.stringContaining("enableTotp"),
      });
    const enrollment = await totp.enable(alice.viewer);
    await expect(totp.confirm(alice.viewer, CLIENT, wrongCodeOf(enrollment))).rejects.toMatchObject({
      detail: { attemptsLeft: 4 },
    });
  });

  it("must be completed within an hour", async () => {
    const alice = await newPerson();
    const enrollment = await totp.enable(alice.viewer);
    app.clock.advance(HOUR);
    await expect(totp.confirm(alice.viewer, CLIENT, codeOf(enrollment))).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await mfaOf(alice)).toMatchObject({ totp: false, backupCodesLeft: 0 });
    const bob = await newPerson();
    const inTime = await totp.enable(bob.viewer);
    app.clock.advance(HOUR - MINUTE);
    expect(await totp.confirm(bob.viewer, CLIENT, codeOf(inTime))).toMatchObject({ totp: true });
  });

  it("invalidates the previous secret if it is started again", async () => {
    const alice = await newPerson();
    const first = await totp.enable(alice.viewer);
    const second = await totp.enable(alice.viewer);
    await expect(totp.confirm(alice.viewer, CLIENT, codeOf(first))).rejects.toMatchObject({ code: "INVALID_CODE" });
    expect(await totp.confirm(alice.viewer, CLIENT, codeOf(second))).toMatchObject({ totp: true, backupCodesLeft: 10 });
  });

  it("happens once if twenty callers confirm at the same moment on two replicas", async () => {
    const alice = await newPerson();
    const code = codeOf(await totp.enable(alice.viewer));
    const confirmed = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? totp : elsewhere).confirm(alice.viewer, CLIENT, code)),
    );
    expect(confirmed.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of confirmed) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "BAD_REQUEST" });
    }
    expect(await mfaOf(alice)).toMatchObject({ totp: true, backupCodesLeft: 10 });
    expect(await changesMailed(alice)).toEqual(["TOTP_ENABLED"]);
    expect((await typesOf(alice)).filter((type) => type === "MFA_ENABLED")).toHaveLength(1);
  });

  it("is refused if the user was deleted after the start", async () => {
    const alice = await newPerson();
    await query(sql`delete from users where id = ${alice.user.id}`);
    await expect(totp.enable(alice.viewer)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(totp.confirm(alice.viewer, CLIENT, "123456")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(totp.disable(alice.viewer, CLIENT)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await rowsOf(alice)).toEqual([]);
  });
});

describe("another authenticator app", () => {
  it("replaces the previous one when it is confirmed, and not earlier", async () => {
    const alice = await newPerson();
    const old = await turnOn(alice);
    const next = await totp.enable(alice.viewer);
    expect(await give(alice.user, codeOf(next))).toBe(false);
    expect(await give(alice.user, codeOf(old))).toBe(true);
    expect(await mfaOf(alice)).toMatchObject({ totp: true, backupCodesLeft: 10 });

    // Verified before the change and used after it, when the old code is no longer valid.
    const late = await weigh(alice.user, codeOf(old, 1));
    expect(await totp.confirm(alice.viewer, CLIENT, codeOf(next))).toMatchObject({ totp: true, backupCodesLeft: 10 });
    expect(late).not.toBeNull();
    expect(await app.app.db.transaction(async (tx) => late?.consume(tx, CLIENT))).toBeNull();
    app.clock.advance(2 * STEP);
    expect(await give(alice.user, codeOf(old))).toBe(false);
    expect(await give(alice.user, codeOf(next))).toBe(true);
    expect(await changesMailed(alice)).toEqual(["TOTP_ENABLED", "TOTP_REPLACED"]);
  });
});

describe("turning the authenticator app off", () => {
  it("deletes it, a pending one and the backup codes", async () => {
    const alice = await newPerson();
    const enrollment = await turnOn(alice);
    const waiting = await totp.enable(alice.viewer);
    const late = await weigh(alice.user, codeOf(enrollment));
    expect(await totp.disable(alice.viewer, CLIENT)).toMatchObject({ totp: false, backupCodesLeft: 0 });
    expect(await rowsOf(alice)).toEqual([]);
    expect(await query(sql`select id from backup_codes where user_id = ${alice.user.id}`)).toEqual([]);
    expect(late).not.toBeNull();
    expect(await app.app.db.transaction(async (tx) => late?.consume(tx, CLIENT))).toBeNull();
    expect(await give(alice.user, codeOf(enrollment, 1))).toBe(false);
    await expect(totp.confirm(alice.viewer, CLIENT, codeOf(waiting))).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await changesMailed(alice)).toEqual(["TOTP_ENABLED", "TOTP_DISABLED"]);
    expect(await typesOf(alice)).toContain("MFA_DISABLED");
  });

  it("is refused if none is active, and does not affect a pending one", async () => {
    const alice = await newPerson();
    await expect(totp.disable(alice.viewer, CLIENT)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    const enrollment = await totp.enable(alice.viewer);
    await expect(totp.disable(alice.viewer, CLIENT)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await changesMailed(alice)).toEqual([]);
    expect(await totp.confirm(alice.viewer, CLIENT, codeOf(enrollment))).toMatchObject({ totp: true });
  });
});

describe("a code", () => {
  it("is accepted once, and no older code after it", async () => {
    const alice = await newPerson();
    const enrollment = await turnOn(alice);
    const [before, current, next] = [-1, 0, 1].map((away) => codeOf(enrollment, away)) as [string, string, string];
    expect(await give(alice.user, current)).toBe(true);
    expect(await weigh(alice.user, current)).toBeNull();
    expect(await weigh(alice.user, before)).toBeNull();
    expect(await give(alice.user, next)).toBe(true);
    expect(await weigh(alice.user, next)).toBeNull();
  });

  it("stays used when the clock is set back, and so do the codes before it", async () => {
    const alice = await newPerson();
    const enrollment = await turnOn(alice);
    const used = codeOf(enrollment);
    expect(await give(alice.user, used)).toBe(true);
    for (const back of [1, 4]) {
      app.clock.advance(-back * STEP);
      try {
        const near = [-1, 0, 1].map((away) => codeOf(enrollment, away));
        if (back === 1) expect(near).toContain(used);
        for (const code of near) expect(await weigh(alice.user, code)).toBeNull();
      } finally {
        app.clock.advance(back * STEP);
      }
    }
  });

  it("opens one of twenty logins that submit it at the same moment, on two replicas", async () => {
    const alice = await newPerson();
    const code = codeOf(await turnOn(alice));
    const weighed = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [at, { db }] = index % 2 ? [totp, app.app] : [elsewhere, replica.app];
        return { db, accepted: await weigh(alice.user, code, at) };
      }),
    );
    expect(weighed.filter(({ accepted }) => accepted !== null)).toHaveLength(20);
    const used = await Promise.all(
      weighed.map(({ db, accepted }) => db.transaction(async (tx) => accepted?.consume(tx, CLIENT))),
    );
    expect(used.filter((use) => use !== null)).toEqual([{}]);
  });

  it("is still valid after a login that failed later", async () => {
    const alice = await newPerson();
    const code = codeOf(await turnOn(alice));
    const accepted = await weigh(alice.user, code);
    const failure = new Error("the session could not be opened");
    const login = app.app.db.transaction(async (tx) => {
      expect(await accepted?.consume(tx, CLIENT)).toEqual({});
      throw failure;
    });
    await expect(login).rejects.toBe(failure);
    expect(await give(alice.user, code)).toBe(true);
  });
});

describe("the stored secret", () => {
  it("of one user does not verify for another user if the row is moved", async () => {
    const [alice, mallory] = [await newPerson(), await newPerson()];
    await turnOn(alice);
    const known = await turnOn(mallory);
    await query(sql`
      update totp_secrets set secret = (select secret from totp_secrets where user_id = ${mallory.user.id})
      where user_id = ${alice.user.id}`);
    expect(await weigh(mallory.user, codeOf(known))).not.toBeNull();
    await expect(weigh(alice.user, codeOf(known))).rejects.toThrow("encrypted with another key old");
  });

  it("encrypted with an older key still verifies after a rotation of the key ring, and not without that key", async () => {
    const alice = await newPerson();
    const enrollment = await turnOn(alice);
    const newKey = key("new");
    const rotated = totpWith(new KeyRing([newKey, OLD_KEY]));
    expect(await weigh(alice.user, codeOf(enrollment), rotated)).not.toBeNull();
    await expect(weigh(alice.user, codeOf(enrollment), totpWith(new KeyRing([newKey])))).rejects.toThrow(
      "encrypted with the key old, which is missing",
    );
    await rotated.enable(alice.viewer);
    expect(await rowsOf(alice)).toMatchObject([
      { secret: expect.stringMatching(/^old\./), pending_secret: expect.stringMatching(/^new\./) },
    ]);
  });
});
