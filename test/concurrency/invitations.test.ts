import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessions } from "#features/sessions/sessions.table";
import { tenants } from "#features/tenants/index";
import { findUserByEmail } from "#features/users/index";
import { AppError } from "#shared/errors";
import { CLIENT } from "../support/factories/stored-users.ts";
import { addUser, createTenant } from "../support/factories/tenants.ts";
import { newEmail } from "../support/factories/users.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

/** Runs all calls concurrently. @returns the results, and the code or reason of each refusal. @throws any other error */
const race = async <Result>(count: number, call: (index: number) => Promise<Result>) => {
  const settled = await Promise.allSettled(Array.from({ length: count }, (_, index) => call(index)));
  const won = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refusals = settled.flatMap((one) => {
    if (one.status === "fulfilled") return [];
    if (!(one.reason instanceof AppError)) throw one.reason;
    return [one.reason.reason ?? one.reason.code];
  });
  return { won, refusals };
};

const newAdmin = async () => {
  const tenant = await createTenant(services.test);
  return services.signIn(await addUser(services.test, tenant, { roles: ["USER", "ADMIN"] }));
};

const livingTokens = async (email: string, template: string): Promise<string[]> => {
  const mails = (await services.mailsTo(email)).filter((mail) => mail.template === template);
  return (await Promise.all(mails.map((mail) => services.tokenIn(mail)))).filter((token) => token !== null);
};

describe("at the same moment", () => {
  it("an address that one tenant invites ten times has one invitation, with one valid link", async () => {
    const admin = await newAdmin();
    const email = newEmail();
    const { won } = await race(10, () => services.invitations.invite(admin, { email }));
    expect(won).toHaveLength(10);
    expect(new Set(won.map(({ id }) => id)).size).toBe(1);
    expect(await livingTokens(email, "user-invitation")).toHaveLength(1);
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it.each([
    ["an unknown address", false],
    ["an address with a pending registration", true],
  ])(
    "%s is invited by several tenants, each with its own link, and belongs to the tenant whose link is used",
    async (_, registered) => {
      const admins = await Promise.all(Array.from({ length: 4 }, newAdmin));
      const email = newEmail();
      if (registered) await services.registration.register({ email, password: PASSWORD }, CLIENT);
      const { won, refusals } = await race(4, async (n) => {
        const admin = admins[n];
        if (!admin) throw new Error("Four admins are required.");
        return services.invitations.invite(admin, { email });
      });
      expect(refusals).toEqual([]);
      expect(new Set(won.map(({ tenantId }) => tenantId)).size).toBe(4);
      const tokens = await livingTokens(email, "user-invitation");
      expect(tokens).toHaveLength(4);
      const accepted = await race(4, (n) =>
        services.invitationAcceptance.accept({ token: tokens[n] ?? "", password: PASSWORD, transport: "BODY" }, CLIENT),
      );
      expect(accepted.refusals).toEqual(Array(3).fill("INVALID_TOKEN"));
      const { tenantId, status } = await services.userOf(email);
      expect(status).toBe("ACTIVE");
      expect(accepted.won.map(({ session }) => session.tenantId)).toEqual([tenantId]);
    },
  );

  it("an address verified by another person while an admin invites it belongs to that person, and the invitation is void", async () => {
    for (let round = 0; round < 5; round++) {
      const admin = await newAdmin();
      const email = newEmail();
      await services.registration.register({ email, password: PASSWORD }, CLIENT);
      const token = await services.mailedToken(email, "verify-email");
      const { won, refusals } = await race<unknown>(2, (n) =>
        n === 0
          ? services.emailVerification.verify(verification(token, { password: PASSWORD }), CLIENT)
          : services.invitations.invite(admin, { email }),
      );
      expect(refusals).toEqual([]);
      expect(won).toHaveLength(2);
      const owner = await services.userOf(email);
      expect(owner).toMatchObject({ status: "ACTIVE", roles: ["USER"] });
      for (const invitation of await livingTokens(email, "user-invitation")) {
        const acceptance = { token: invitation, password: "another passphrase 42", transport: "BODY" } as const;
        const accepted = services.invitationAcceptance.accept(acceptance, CLIENT);
        await expect(accepted).rejects.toMatchObject({ code: "INVALID_TOKEN" });
      }
      expect(await services.userOf(email)).toEqual(owner);
    }
  });

  it("an invitation is accepted once by twenty concurrent calls: one password, one session", async () => {
    const admin = await newAdmin();
    const { email } = await services.invitations.invite(admin, { email: newEmail() });
    const token = await services.mailedToken(email, "user-invitation");
    const { won, refusals } = await race(20, async (n) => {
      const password = `a new passphrase, number ${n}`;
      await services.invitationAcceptance.accept({ token, password, transport: "BODY" }, CLIENT);
      return password;
    });
    expect(won).toHaveLength(1);
    expect(new Set(refusals)).toEqual(new Set(["INVALID_TOKEN"]));
    const { id } = await services.userOf(email);
    expect(await services.verifies({ id }, won[0] ?? "")).toBe(true);
    expect(await services.db.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
    expect((await services.eventsOf(id)).toSorted()).toEqual(
      ["USER_REGISTERED", "EMAIL_VERIFIED", "LOGIN_SUCCEEDED", "NEW_DEVICE"].toSorted(),
    );
  });

  it("one username goes to one of ten invited users who request it, and the invitations of the others stay valid", async () => {
    const admin = await newAdmin();
    const invited = await Promise.all(
      Array.from({ length: 10 }, () => services.invitations.invite(admin, { email: newEmail() })),
    );
    const tokens = await Promise.all(invited.map(({ email }) => services.mailedToken(email, "user-invitation")));
    const acceptAs = (n: number, username: string) =>
      services.invitationAcceptance.accept(
        { token: tokens[n] ?? "", password: PASSWORD, username, transport: "BODY" },
        CLIENT,
      );
    const { won, refusals } = await race(10, (n) => acceptAs(n, n % 2 ? "Invited" : "invited"));
    expect(won).toHaveLength(1);
    expect(refusals).toEqual(Array(9).fill("USERNAME_TAKEN"));
    const loser = invited.findIndex(({ email }) => email !== won[0]?.user.email);
    expect(await acceptAs(loser, "somebody_else")).toMatchObject({ user: { username: "somebody_else" } });
  });

  it("tenants with the same name are activated with a different slug each", async () => {
    const founders = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const adminEmail = newEmail("founder");
        const { tenant } = await services.onboarding.onboard(
          { companyName: "Simultaneous & Söhne", adminEmail, adminName: "Ada", password: PASSWORD },
          CLIENT,
        );
        return { tenant, token: await services.mailedToken(adminEmail, "tenant-activation") };
      }),
    );
    const { won } = await race(5, (n) =>
      services.emailVerification.verify(verification(founders[n]?.token ?? "", { password: PASSWORD }), CLIENT),
    );
    expect(won).toHaveLength(5);
    const rows = await services.db.select().from(tenants).where(eq(tenants.name, "Simultaneous & Söhne"));
    expect(rows.map(({ slug }) => slug).toSorted()).toEqual(
      ["", "-2", "-3", "-4", "-5"].map((number) => `simultaneous-sohne${number}`),
    );
  });

  it("of ten tenants onboarded with one address, one is activated", async () => {
    const adminEmail = newEmail();
    const { won } = await race(10, (n) =>
      services.onboarding.onboard(
        { companyName: `Wish ${n}`, adminEmail, adminName: "Ada", password: `a new passphrase, number ${n}` },
        CLIENT,
      ),
    );
    expect(won.map(({ next }) => next)).toEqual(Array(10).fill("VERIFY_EMAIL"));
    const tokens = await livingTokens(adminEmail, "tenant-activation");
    expect(tokens).toHaveLength(10);
    const activated = await race(10, (n) =>
      services.emailVerification.verify(
        verification(tokens[n] ?? "", { password: `a chosen passphrase, ${n}` }),
        CLIENT,
      ),
    );
    expect(activated.won).toHaveLength(1);
    expect(new Set(activated.refusals)).toEqual(new Set(["INVALID_TOKEN"]));

    const admin = await findUserByEmail(services.db, adminEmail);
    expect(won.map(({ tenant: { id } }) => id)).toContain(admin?.tenantId);
    expect(admin).toMatchObject({ status: "ACTIVE", roles: ["USER", "ADMIN"] });
    expect(admin?.id).toBe(activated.won[0]?.user.id);
  });
});
