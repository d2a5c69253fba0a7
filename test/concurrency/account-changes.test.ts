import { setTimeout as delay } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import type { UserId } from "#shared/ids";
import { DENY_LOGIN } from "../support/clients/confirmations.ts";
import type { GraphQLAnswer, GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { ACCEPT, invite } from "../support/factories/invitations.ts";
import { newestTokenOf, purposeNamed } from "../support/factories/links.ts";
import { rolesInput, SET_MEMBER_ROLES } from "../support/factories/roles.ts";
import { createMember, createTenant, submitRegistration } from "../support/factories/tenants.ts";
import {
  challengeOf,
  LOGIN,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  register,
  type SignedInUser,
  VERIFY,
} from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

/** The number of rounds for each pair. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 1);

let app: TestApp;
let replica: TestApp;
/** One that sends mail. */
let mailing: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { WORKER_CONCURRENCY: "0" } });
  replica = await startTestApp({ settings: { WORKER_CONCURRENCY: "0" }, replicaOf: app });
  mailing = await startTestApp();
});
afterAll(async () => {
  await mailing?.stop();
  await replica?.stop();
  await app?.stop();
});

/** A user with two sessions in a tenant with two admins; the user's address also has a registration request in another tenant. */
interface Scene {
  readonly user: SignedInUser;
  readonly other: GraphQLClient;
  readonly otherSession: string;
  readonly admin: GraphQLClient;
  readonly tenant: Tenant;
  readonly elsewhere: { readonly tenant: Tenant; readonly admin: GraphQLClient; readonly registration: string };
  readonly resetToken: string;
  /** From the mail about the device of the other session. */
  readonly denialToken: string;
}

type Change = (scene: Scene) => Promise<GraphQLAnswer<UntypedData>>;

const anybody = () => replica.client({ "x-forwarded-for": newAddress() });

const byAdmin =
  (field: string, more = ""): Change =>
  ({ admin, user }) =>
    admin.send(`mutation ($id: ID!) { ${field}(input: { userId: $id${more} }) { __typename } }`, { id: user.id });

const CHANGES: Readonly<Record<string, Change>> = {
  login: ({ user: { email, password } }) => anybody().send(LOGIN, { input: { identifier: email, password } }),
  refreshToken: ({ other }) => anybody().send(REFRESH, { token: other.refreshToken }),
  logout: ({ other }) => other.send("mutation { logout { endedSessionId } }"),
  logoutAll: ({ other }) => other.send("mutation { logoutAll { endedSessionIds } }"),
  deleteSession: ({ user, otherSession: id }) =>
    user.client.send("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id } } }", { id }),
  changePassword: ({ other, user }) =>
    other.send("mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }", {
      input: { currentPassword: user.password, newPassword: newPassword(), logout: "OTHERS" },
    }),
  resetPassword: ({ resetToken: token }) =>
    anybody().send("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
      input: { token, newPassword: newPassword() },
    }),
  denyLogin: ({ denialToken: token }) => anybody().send(DENY_LOGIN, { token }),
  changeUsername: ({ user: { client, password } }) =>
    client.send("mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }", {
      input: { username: `u${Math.random().toString(36).slice(2, 12)}`, password },
    }),
  changeEmail: ({ user }) =>
    user.client.send("mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }", {
      input: { newEmail: newEmail("moved") },
    }),
  enableTotp: ({ user }) => user.client.send("mutation { enableTotp { secret } }"),
  deleteAccount: ({ user: { client, password } }) =>
    client.send("mutation ($p: String!) { deleteAccount(input: { password: $p }) { deletedUserId } }", { p: password }),
  suspendUser: byAdmin("suspendUser"),
  reactivateUser: byAdmin("reactivateUser"),
  requirePasswordReset: byAdmin("requirePasswordReset"),
  revokeUserSessions: byAdmin("revokeUserSessions"),
  resetSecondFactors: ({ admin, user }) =>
    admin.send("mutation ($id: ID!) { resetSecondFactors(input: { userId: $id }) { __typename } }", { id: user.id }),
  setMemberRoles: async ({ admin, user }) => admin.send(SET_MEMBER_ROLES, await rolesInput(app, user)),
  register: ({ user: { email }, tenant: { slug } }) =>
    anybody().send("mutation ($input: RegisterInput!) { register(input: $input) { next } }", {
      input: { email, password: newPassword(), tenant: slug },
    }),
  inviteUser: ({ admin, user: { email } }) =>
    admin.send("mutation ($input: InviteUserInput!) { inviteUser(input: $input) { __typename } }", {
      input: { email, roleIds: [] },
    }),
  approveRegistration: ({ elsewhere: { admin, registration: id } }) =>
    admin.send(
      "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { __typename } } }",
      { id },
    ),
  rejectRegistration: ({ elsewhere: { admin, registration: id } }) =>
    admin.send(
      "mutation ($id: ID!) { rejectRegistration(input: { registrationId: $id }) { registration { __typename } } }",
      { id },
    ),
};

const enter = async (): Promise<Scene> => {
  const [tenant, deciding] = [
    await createTenant(app),
    await createTenant(app, "Deciding", { registration: "APPROVAL" }),
  ];
  const [admin, decider] = [await createMember(app, tenant, "ADMIN"), await createMember(app, deciding, "ADMIN")];
  // Requested while the address was free.
  const user = await createMember(app, tenant, "ADMIN");
  const email = newEmail("moved");
  const registration = await submitRegistration(app, deciding, { email });
  await app.app.db.execute(sql`update users set email = ${email}, email_canonical = ${email} where id = ${user.id}`);
  await app.app.db.update(tenants).set({ registration: "OPEN" }).where(eq(tenants.id, tenant.id));
  const other = replica.client();
  const { session } = await logIn(other, email, user.password);
  const { links } = app.app;
  const owner = { id: user.id as UserId, tenantId: tenant.id };
  const link = await links.issue(app.app.db, { user: owner, purpose: purposeNamed("reset-password"), payload: {} });
  return {
    user: { ...user, email },
    other,
    otherSession: session.id,
    admin: admin.client,
    tenant,
    elsewhere: { tenant: deciding, admin: decider.client, registration },
    resetToken: links.tokenOf(link),
    denialToken: await newestTokenOf(app, owner, "deny-login"),
  };
};

/**
 * Holds the user's row until all callers wait for it, or for each other, or are done, so that they meet in the middle of their
 * transactions. Only for a short time, because the lock timeout is five seconds.
 */
const atOnce = async (scene: Scene, names: readonly string[]): Promise<GraphQLAnswer<UntypedData>[]> => {
  const { db } = app.app;
  let done = 0;
  let answers: Promise<GraphQLAnswer<UntypedData>[]> = Promise.resolve([]);
  await db.transaction(async (tx) => {
    await tx.execute(sql`select from users where id = ${scene.user.id} for update`);
    answers = Promise.all(
      names.map(async (name) => {
        const answer = await changeOf(name)(scene);
        done += 1;
        return answer;
      }),
    );
    // The callers have the processor between two polls, and longer once most of them are waiting: half a second in total.
    for (let looks = 0; looks < 40 && done + (await countWaiting()) < names.length; looks++)
      await delay(looks < 20 ? 5 : 20);
  });
  return answers;
};

const countWaiting = async (): Promise<number> =>
  (
    await app.app.db.execute(
      sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).length;

const changeOf = (name: string): Change => CHANGES[name] ?? expect.unreachable(name);

/** The number of deadlocks that Postgres has resolved in both databases. */
const deadlocks = async (): Promise<number> => {
  let count = 0;
  for (const {
    app: { db },
  } of [app, mailing]) {
    const [row] = await db.execute<{ deadlocks: number }>(
      sql`select deadlocks::int from pg_stat_database where datname = current_database()`,
    );
    count += row?.deadlocks ?? 0;
  }
  return count;
};

const names = Object.keys(CHANGES);
const pairsWith = (first: string) => names.slice(names.indexOf(first)).map((second) => [first, second] as const);

const expectTyped = (names: readonly string[], answers: readonly GraphQLAnswer<UntypedData>[]): void => {
  for (const { status, errors } of answers) {
    expect(status, `${names.join(" and ")}: ${JSON.stringify(errors)}`).toBeLessThan(500);
    const codes = errors.map(({ extensions }) => extensions.code);
    expect(codes, names.join(" and ")).not.toContain("INTERNAL_SERVER_ERROR");
    expect(codes, names.join(" and ")).not.toContain("SERVICE_UNAVAILABLE");
  }
};

describe("each change", () => {
  it.each(names)("works without another change: %s", async (name) => {
    const { errors } = await changeOf(name)(await enter());
    expect(errors).toEqual([]);
  });
});

describe("two concurrent changes of one account", () => {
  it.each(names)("do not deadlock, and each caller gets a response: %s against all others", async (first) => {
    const before = await deadlocks();
    for (let round = 0; round < ROUNDS; round++)
      for (const pair of pairsWith(first)) {
        const scene = await enter();
        const answers = await atOnce(scene, [...pair, ...pair]);
        expectTyped(pair, answers);
      }
    expect(await deadlocks()).toBe(before);
    expect([...app.logs, ...replica.logs].filter((line) => line.includes("deadlock detected"))).toEqual([]);
  });
});

/** A person registered by two clients, with a registration request in a tenant with approval, and invited by another tenant. */
interface PendingSignUp {
  readonly email: string;
  readonly links: readonly [string, string];
  readonly invitation: { readonly id: string; readonly token: string };
  readonly registration: string;
  readonly decider: GraphQLClient;
  readonly inviter: SignedInUser;
  readonly colleague: GraphQLClient;
}

const arrive = async (): Promise<PendingSignUp> => {
  const [tenant, deciding] = [
    await createTenant(mailing),
    await createTenant(mailing, "Deciding", { registration: "APPROVAL" }),
  ];
  const [inviter, colleague] = [
    await createMember(mailing, tenant, "ADMIN"),
    await createMember(mailing, tenant, "ADMIN"),
  ];
  const decider = await createMember(mailing, deciding, "ADMIN");
  const email = newEmail("new");
  const links = [
    await register(mailing, { email, password: newPassword() }),
    await register(mailing, { email, password: newPassword() }),
  ] as const;
  const { invitation, token } = await invite(mailing, inviter, { email });
  const registration = await submitRegistration(mailing, deciding, { email });
  return {
    email,
    links,
    invitation: { id: invitation.id, token },
    registration,
    decider: decider.client,
    inviter,
    colleague: colleague.client,
  };
};

const follow = (token: string) =>
  mailing.client({ "x-forwarded-for": newAddress() }).send(VERIFY, { input: { token, challenge: challengeOf(token) } });

const ARRIVALS: Readonly<Record<string, (arrival: PendingSignUp) => Promise<GraphQLAnswer<UntypedData>>>> = {
  "verifyEmail by one link": ({ links: [token] }) => follow(token),
  "verifyEmail by another": ({ links: [, token] }) => follow(token),
  acceptInvitation: ({ invitation: { token } }) =>
    mailing.client().send(ACCEPT, { input: { token, password: newPassword() } }),
  revokeInvitation: ({ colleague, invitation: { id } }) =>
    colleague.send("mutation ($id: ID!) { revokeInvitation(input: { invitationId: $id }) { __typename } }", { id }),
  "inviteUser again": ({ colleague, email }) =>
    colleague.send("mutation ($input: InviteUserInput!) { inviteUser(input: $input) { __typename } }", {
      input: { email },
    }),
  approveRegistration: ({ decider, registration: id }) =>
    decider.send(
      "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { __typename } } }",
      { id },
    ),
  rejectRegistration: ({ decider, registration: id }) =>
    decider.send(
      "mutation ($id: ID!) { rejectRegistration(input: { registrationId: $id }) { registration { __typename } } }",
      { id },
    ),
  "deleteAccount of the inviter": ({ inviter: { client, password } }) =>
    client.send("mutation ($p: String!) { deleteAccount(input: { password: $p }) { deletedUserId } }", { p: password }),
  "suspendUser of the inviter": ({ colleague, inviter: { id } }) =>
    colleague.send("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { __typename } }", { id }),
};

const arrivals = Object.keys(ARRIVALS);
const arrivalOf = (name: string) => ARRIVALS[name] ?? expect.unreachable(name);

describe("two concurrent operations on a new user", () => {
  it.each(arrivals)("work without another operation: %s", async (name) => {
    const { errors } = await arrivalOf(name)(await arrive());
    expect(errors).toEqual([]);
  });

  it.each(arrivals)("do not deadlock, and each caller gets a response: %s against all others", async (first) => {
    const before = await deadlocks();
    for (let round = 0; round < ROUNDS; round++)
      for (const second of arrivals.slice(arrivals.indexOf(first))) {
        const arrival = await arrive();
        const both = [first, second, first, second];
        expectTyped(both, await Promise.all(both.map((name) => arrivalOf(name)(arrival))));
      }
    expect(await deadlocks()).toBe(before);
  });
});
