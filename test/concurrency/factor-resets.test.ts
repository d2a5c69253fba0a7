import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enableTotp } from "../support/clients/factors.ts";
import type { GraphQLAnswer, GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { type SignedInUser, tokenIn } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const ROUNDS = 5;
const RESET = "mutation ($userId: ID!) { resetSecondFactors(input: { userId: $userId }) { factorReset { id } } }";
const APPROVE =
  "mutation ($id: ID!) { approveFactorReset(input: { factorResetId: $id }) { factorReset { status approvedBy { id } } } }";
const CANCEL = "mutation ($token: String!) { cancelFactorReset(input: { token: $token }) { cancelledFactorResetId } }";
const SUSPEND = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { status } } }";

let replicas: [TestApp, TestApp];
beforeAll(async () => {
  const first = await startTestApp();
  replicas = [first, await startTestApp({ replicaOf: first })];
});
afterAll(async () => {
  const [first, second] = replicas;
  await second.stop();
  await first.stop();
});

/** Three admins with seniority, the last two on another replica, and a reset that the first one has requested. */
const scene = async () => {
  const [first, second] = replicas;
  const tenant = await createTenant(first);
  const user = await createMember(first, tenant);
  await enableTotp(first, user);
  const ada = await createMember(first, tenant, "ADMIN");
  const approvers = [await createMember(first, tenant, "ADMIN"), await createMember(second, tenant, "ADMIN")] as const;
  await first.app.db.execute(
    sql`update role_grants set granted_at = granted_at - interval '8 days' where tenant_id = ${tenant.id}::uuid`,
  );
  const { resetSecondFactors } = await ada.client.ask(RESET, { userId: user.id });
  const subject = "Your second factors are about to be reset";
  const token = tokenIn(await first.mail.waitForMail({ to: user.email, subject }));
  return { user, ada, approvers, id: resetSecondFactors.factorReset.id as string, token };
};

const approve = ({ client }: { client: GraphQLClient }, id: string) => client.send(APPROVE, { id });

const codesOf = (answer: GraphQLAnswer<UntypedData> | undefined) =>
  answer?.errors.map(({ extensions }) => extensions.code);

const factorsOf = async ({ id }: SignedInUser): Promise<number> =>
  (await replicas[0].app.db.execute(sql`select from totp_secrets where user_id = ${id}::uuid`)).length;

const endOf = async (id: string) => {
  const rows = await replicas[0].app.db.execute<{ done: boolean; cancelled: boolean; approved_by: string | null }>(sql`
    select done_at is not null as done, cancelled_at is not null as cancelled, approved_by from factor_resets
    where id = ${id}::uuid`);
  return rows[0];
};

describe("a reset that an admin has requested", () => {
  it("is carried out once if two admins approve it at the same moment", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { approvers, id, user } = await scene();
      const answers = await Promise.all([...approvers, ...approvers].map((each) => approve(each, id)));
      expect(answers.map((answer) => codesOf(answer)).sort()).toEqual([[], ["CONFLICT"], ["CONFLICT"], ["CONFLICT"]]);
      const winner = answers.find(({ errors }) => errors.length === 0)?.data?.approveFactorReset.factorReset;
      expect((await endOf(id))?.approved_by).toBe(winner?.approvedBy?.id);
      expect(await factorsOf(user)).toBe(0);
    }
  });

  it("is either approved or cancelled if both happen at the same moment", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { approvers, id, token, user } = await scene();
      const [approved, cancelled] = await Promise.all([
        approve(approvers[1], id),
        replicas[0].client().send(CANCEL, { token }),
      ]);
      const isApproved = codesOf(approved)?.length === 0;
      expect(isApproved ? codesOf(cancelled) : codesOf(approved)).toEqual([isApproved ? "INVALID_TOKEN" : "CONFLICT"]);
      expect(await endOf(id)).toMatchObject({ done: isApproved, cancelled: !isApproved });
      expect(await factorsOf(user)).toBe(isApproved ? 0 : 1);
    }
  });

  it.each(["approver", "requester"] as const)(
    "is not approved after the suspension of the %s, if both happen at the same moment",
    async (suspended) => {
      for (let round = 0; round < ROUNDS; round++) {
        const { ada, approvers, id, user } = await scene();
        const [one, other] = approvers;
        const target = suspended === "approver" ? one : ada;
        const [approved, suspension] = await Promise.all([
          approve(one, id),
          other.client.send(SUSPEND, { id: target.id }),
        ]);
        expect(codesOf(suspension)).toEqual([]);
        const isApproved = codesOf(approved)?.length === 0;
        if (!isApproved) expect(["UNAUTHENTICATED", "FORBIDDEN", "CONFLICT"]).toContain(codesOf(approved)?.[0]);
        expect(await endOf(id)).toMatchObject({ done: isApproved, cancelled: false });
        expect(await factorsOf(user)).toBe(isApproved ? 0 : 1);
      }
    },
  );
});
