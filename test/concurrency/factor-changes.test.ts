import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientInfo } from "#shared/client-info";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { SoftwareAuthenticator } from "../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  accountsOf,
  beginLogin,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  REGENERATE_BACKUP_CODES,
  VERIFY_BACKUP_CODE,
  waitForNewCode,
} from "../support/clients/factors.ts";
import type { GraphQLAnswer, GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { DELETE_PASSKEY, FINISH_REGISTRATION, passkeysOf } from "../support/clients/passkeys.ts";
import { authorityOf } from "../support/factories/stored-users.ts";
import { createUser } from "../support/factories/tenants.ts";
import { logIn, newPassword, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

/** A second client of the user. */
const secondClient = async ({
  email,
  password,
}: SignedInUser): Promise<{ client: GraphQLClient; sessionId: string }> => {
  const client = app.client();
  const { session } = await logIn(client, email, password);
  return { client, sessionId: session.id };
};

const lockWaiters = async (): Promise<number> =>
  (
    await app.app.db.execute(sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
  ).length;

const untilWaiting = (count: number) => expect.poll(lockWaiters, { interval: 10 }).toBeGreaterThanOrEqual(count);

/** Lets the request wait for the row that `lock` locks, makes the change, and then releases the request. */
const overtaken = async (
  lock: SQL,
  send: () => Promise<GraphQLAnswer<UntypedData>>,
  change: (tx: TestApp["app"]["db"]) => Promise<unknown>,
): Promise<GraphQLAnswer<UntypedData>> => {
  const sent = await app.app.db.transaction(async (tx) => {
    await tx.execute(lock);
    const answer = send();
    await untilWaiting(1);
    await change(tx);
    return { answer };
  });
  return sent.answer;
};

const rowOf = ({ id }: SignedInUser): SQL => sql`select from users where id = ${id}::uuid for update`;

const passkeyOf = async (actor: SignedInUser) => {
  const device = new SoftwareAuthenticator();
  return passkeysOf(app).make(actor, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
};

describe("a change of factors that waits for the lock", () => {
  const changes: [string, (alice: SignedInUser) => Promise<() => Promise<GraphQLAnswer<UntypedData>>>][] = [
    [
      "confirmTotp",
      async ({ client }) => {
        const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
        return () => client.send(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
      },
    ],
    [
      "disableTotp",
      async (alice) => {
        await enableTotp(app, alice);
        return () => alice.client.send(DISABLE_TOTP);
      },
    ],
    [
      "regenerateBackupCodes",
      async (alice) => {
        await enableTotp(app, alice);
        return () => alice.client.send(REGENERATE_BACKUP_CODES);
      },
    ],
    [
      "finishPasskeyRegistration",
      async (alice) => {
        const input = await passkeyOf(alice);
        return () => alice.client.send(FINISH_REGISTRATION, { input });
      },
    ],
    [
      "deletePasskey",
      async (alice) => {
        const input = await passkeyOf(alice);
        const { id } = (await alice.client.ask(FINISH_REGISTRATION, { input })).finishPasskeyRegistration.passkey;
        return () => alice.client.send(DELETE_PASSKEY, { id });
      },
    ],
  ];

  it.each(changes)("is not made by %s after its session has ended", async (_, prepare) => {
    const alice = await createUser(app);
    const change = await prepare(alice);
    const before = await accountsOf(app, alice);
    const { errors } = await overtaken(rowOf(alice), change, (tx) =>
      tx.execute(
        sql`update sessions set ended_at = now(), end_reason = 'PASSWORD_RESET' where user_id = ${alice.id}::uuid`,
      ),
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    const ended = ({ kind }: UntypedData) => kind !== "session";
    expect((await accountsOf(app, alice)).filter(ended)).toEqual(before.filter(ended));
  });

  it.each(changes)("is not made by %s after the elevations of its session are withdrawn", async (_, prepare) => {
    const alice = await createUser(app);
    const change = await prepare(alice);
    const before = await accountsOf(app, alice);
    const { errors } = await overtaken(rowOf(alice), change, (tx) =>
      tx.execute(sql`update sessions set elevation_epoch = elevation_epoch + 1 where user_id = ${alice.id}::uuid`),
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["REAUTHENTICATION_REQUIRED"]);
    const settled = ({ kind }: UntypedData) => kind !== "session";
    expect((await accountsOf(app, alice)).filter(settled)).toEqual(before.filter(settled));
  });
});

describe("a first password that waits for the lock", () => {
  it("is not set after its session has ended, or its elevations are withdrawn", async () => {
    const alice = await createUser(app);
    await app.app.db.execute(sql`delete from passwords where user_id = ${alice.id}::uuid`);
    const setPassword = () => alice.client.send(CHANGE_PASSWORD, { input: { newPassword: newPassword() } });
    for (const [change, code] of [
      [sql`elevation_epoch = elevation_epoch + 1`, "REAUTHENTICATION_REQUIRED"],
      [sql`ended_at = now(), end_reason = 'REVOKED'`, "UNAUTHENTICATED"],
    ] as const) {
      const { errors } = await overtaken(rowOf(alice), setPassword, (tx) =>
        tx.execute(sql`update sessions set ${change} where user_id = ${alice.id}::uuid`),
      );
      expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
      expect((await accountsOf(app, alice)).filter(({ kind }) => kind === "password")).toEqual([]);
      await app.app.db.execute(sql`
        update sessions set elevation_epoch = 0 where user_id = ${alice.id}::uuid`);
    }
  });
});

describe("sessions that are weakened and ended at the same moment", () => {
  it("do not block each other", async () => {
    const alice = await createUser(app);
    const { client } = await secondClient(alice);
    const { sessions, authMethods } = app.app;
    const [row] = await app.app.db.execute<{ tenant_id: TenantId }>(
      sql`select tenant_id from users where id = ${alice.id}::uuid`,
    );
    const viewer: Viewer = {
      userId: alice.id as UserId,
      sessionId: alice.sessionId as SessionId,
      ...authorityOf({ tenantId: row?.tenant_id as TenantId, roles: ["USER"] }),
      elevatedUntil: null,
      elevationEpoch: 0,
      enrolmentOnly: false,
    };
    const nothing = { methods: [], passkeyId: null };
    const device = { label: "a test", browser: null, os: null, type: "OTHER" } as const;
    const caller: ClientInfo = { ipAddress: "192.0.2.1", device, location: null };
    let signedOut: Promise<GraphQLAnswer<UntypedData>> | undefined;
    // The order of a change of factors: with the user locked, first the other sessions, then all.
    await sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      await tx.execute(rowOf(alice));
      await authMethods.revokeOtherElevations(tx, viewer);
      signedOut = client.send("mutation { logoutAll { endedSessionIds } }");
      await untilWaiting(1);
      await authMethods.revoke(tx, viewer, nothing, caller);
    });
    expect((await signedOut)?.errors).toEqual([]);
  });
});

describe("a login whose transaction fails", () => {
  it("uses up neither the login nor the backup code", async () => {
    const alice = await createUser(app);
    const { backupCodes } = await enableTotp(app, alice);
    waitForNewCode(app);
    const { challenge } = await beginLogin(app.client(), alice);
    const before = await accountsOf(app, alice);
    const input = { challenge, code: backupCodes[0] };
    // More often than the limit of wrong codes, because a failed verification is not a wrong code.
    await whileSessionsFail(async () => {
      for (let round = 0; round < 10; round++)
        expect(await app.client().refused(VERIFY_BACKUP_CODE, { input })).toMatchObject({ status: 500 });
    });
    expect(await accountsOf(app, alice)).toEqual(before);
    await app.client().ask(VERIFY_BACKUP_CODE, { input });
  });

  /** Makes Postgres refuse every new session during the work. */
  const whileSessionsFail = async (work: () => Promise<void>): Promise<void> => {
    const { db } = app.app;
    await db.execute(sql`
      create function refuse_session() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$`);
    await db.execute(sql`create trigger refuse_session before insert on sessions execute function refuse_session()`);
    try {
      await work();
    } finally {
      await db.execute(sql`drop trigger refuse_session on sessions`);
    }
  };
});
