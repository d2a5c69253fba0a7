import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "#features/passwords/index";
import type { Tenant } from "#features/tenants/index";
import type { User } from "#features/users/index";
import { post, type RawAnswer } from "../../support/clients/raw.ts";
import { addUser, createTenant, submitRegistration } from "../../support/factories/tenants.ts";
import { LOGIN, newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { startMeteredReplica } from "../../support/servers/work.ts";

const RIGHT = newPassword();

/** A user with this status and a password known to the test. */
const addMember = async (app: TestApp, tenant: Tenant, hash: string, traits: Partial<User> = {}) => {
  const user = await addUser(app, tenant, { status: "ACTIVE", emailVerified: true, ...traits });
  await app.app.db.insert(passwords).values({ userId: user.id, tenantId: tenant.id, hash, changedAt: app.clock.now() });
  return user;
};

/** Each from a new address, because limits are for other tests. */
const fromAnywhere = () => ({
  "x-forwarded-for": `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}::1`,
});

/** Everything a caller can observe in a response, except its date and request id. */
const visible = ({ status, headers, text }: RawAnswer) => ({
  status,
  text,
  headers: [...headers].filter(([name]) => !["date", "x-request-id"].includes(name)),
});

describe("the existence of an account", () => {
  let app: TestApp;
  let emails: Record<
    "known" | "imported" | "pending" | "suspended" | "invited" | "waiting" | "withoutPassword",
    string
  >;
  let deciding: Tenant;
  let another: () => Promise<string>;
  /** An imported user, who has not verified the address yet. */
  let anotherImported: () => Promise<string>;
  beforeAll(async () => {
    app = await startTestApp();
    const tenant = await createTenant(app);
    deciding = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const waiting = newEmail("waiting");
    await submitRegistration(app, deciding, { email: waiting, password: RIGHT });
    const hash = await app.app.hasher.hash(RIGHT);
    another = async () => (await addMember(app, tenant, hash)).email;
    anotherImported = async () => (await addMember(app, tenant, hash, { emailVerified: false })).email;
    emails = {
      known: (await addMember(app, tenant, hash)).email,
      imported: await anotherImported(),
      pending: (await addMember(app, tenant, hash, { status: "PENDING_VERIFICATION", emailVerified: false })).email,
      suspended: (await addMember(app, tenant, hash, { status: "SUSPENDED" })).email,
      invited: (await addMember(app, tenant, hash, { status: "INVITED", emailVerified: false })).email,
      waiting,
      withoutPassword: (await addUser(app, tenant)).email,
    };
  });
  afterAll(() => app.stop());

  const OPERATIONS = {
    login: (email: string) => ({ query: LOGIN, variables: { input: { identifier: email, password: newPassword() } } }),
    register: (email: string) => ({
      query: "mutation ($input: RegisterInput!) { register(input: $input) { next } }",
      variables: { input: { email, password: newPassword() } },
    }),
    "register in a tenant with approvals": (email: string) => ({
      query: "mutation ($input: RegisterInput!) { register(input: $input) { next } }",
      variables: { input: { tenant: deciding.slug, email, password: newPassword() } },
    }),
    onboardTenant: (email: string) => ({
      query:
        "mutation ($input: OnboardTenantInput!) { onboardTenant(input: $input) { next tenant { name status policy { registration } sapCapabilities { capability available } sapSystem { serviceCount } } } }",
      variables: {
        input: { companyName: "Acme", adminEmail: email, adminName: "Ada", password: newPassword() },
      },
    }),
    requestPasswordReset: (email: string) => ({
      query: "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      variables: { email },
    }),
    resendVerificationEmail: (email: string) => ({
      query: "mutation ($email: EmailAddress!) { resendVerificationEmail(input: { email: $email }) { accepted } }",
      variables: { email },
    }),
  };

  /** More than any of these operations allows from one address in an hour. */
  const MOST_TRIES = 40;

  it.each(Object.entries(OPERATIONS))("is not revealed by the response of %s", async (_, operation) => {
    const ask = async (email: string) => visible(await post(app, operation(email), fromAnywhere()));
    const unknown = await ask(newEmail());
    for (const [who, email] of Object.entries(emails)) expect(await ask(email), who).toEqual(unknown);
  });

  it.each(Object.entries(OPERATIONS))("is not revealed by when or how %s refuses", async (_, operation) => {
    const tryOften = async (email: string) => {
      const headers = fromAnywhere();
      const answers: ReturnType<typeof visible>[] = [];
      const isRefused = ({ text }: { readonly text: string }) => text.includes("RATE_LIMITED");
      while (answers.filter(isRefused).length < 3 && answers.length < MOST_TRIES)
        answers.push(visible(await post(app, operation(email), headers)));
      // `retryAfter` counts down.
      return JSON.stringify(answers).replaceAll(/(retryAfter\W+|retry-after","|content-length",")\d+/g, "$1…");
    };
    const unknown = await tryOften(newEmail());
    expect(unknown).toContain("RATE_LIMITED");
    expect(await tryOften(await another())).toBe(unknown);
  });

  it.each(Object.entries(OPERATIONS))(
    "is not revealed by the work of %s, on which its time depends",
    async (_, operation) => {
      const metered = await startMeteredReplica(app);
      const ask = (email: string) => post(metered.app, operation(email), fromAnywhere());
      // The first requests also open connections and prepare statements.
      for (let n = 0; n < 12; n++) await ask(newEmail());
      const unknown = await metered.leastWork(async () => ask(newEmail()));
      const known = await metered.leastWork(async () => ask(await another()));
      const imported = await metered.leastWork(async () => ask(await anotherImported()));
      await metered.stop();
      expect({ known, imported }).toEqual({ known: unknown, imported: unknown });
    },
  );

  it("is revealed to a user who knows the password, with the obstacle to the login", async () => {
    const reasonOf = async (identifier: string) => {
      const { errors } = await post(
        app,
        { query: LOGIN, variables: { input: { identifier, password: RIGHT } } },
        fromAnywhere(),
      );
      return errors[0]?.extensions.reason;
    };
    // For an unverified address not even the right password reveals it.
    const email = newEmail("waiting");
    await submitRegistration(app, deciding, { email, password: RIGHT });
    for (const unverified of [emails.pending, email, emails.invited])
      expect(await reasonOf(unverified)).toBeUndefined();
    expect(await reasonOf(emails.suspended)).toBe("ACCOUNT_SUSPENDED");
  });
});
