import { setTimeout as delay } from "node:timers/promises";
import type { ParsedMail } from "mailparser";
import type postgres from "postgres";
import { readersOf } from "../servers/smtp.ts";
import { newAddress, newPassword, type Served, tokenIn, VERIFY } from "./users.ts";

/** Opens the links of concurrently registered users, one after the other, each once, and chooses a password. */
export const linkOpener = ({ client, mail }: Served) => {
  const tried: string[] = [];
  const acknowledged: string[] = [];
  return {
    /** The users whose link was opened, with any result. */
    tried,
    /** The users who got a success response. */
    acknowledged,
    /** Opens the next link, if there is one already. */
    async openNext(): Promise<void> {
      const isNext = (sent: ParsedMail): boolean => {
        const [email = ""] = readersOf(sent);
        return email.startsWith("storm") && !tried.includes(email);
      };
      const next = mail.all().find(isNext);
      if (next === undefined) return void (await delay(20));
      const [email = ""] = readersOf(next);
      tried.push(email);
      const visitor = client({ "x-forwarded-for": newAddress() });
      const { data } = await visitor.send(VERIFY, { input: { token: tokenIn(next), password: newPassword() } });
      if (data) acknowledged.push(email);
    },
  };
};

interface Kept {
  readonly email: string;
  /** Asserts that no related record is missing or duplicated. */
  readonly whole: boolean;
}

/** The stored state of the concurrently registered users: users, and registrations that have not become one yet. */
export const keptOfStorm = async (
  sql: postgres.Sql,
): Promise<{ users: readonly Kept[]; waiting: readonly Kept[] }> => ({
  users: await sql<Kept[]>`
    select email, (
      exists (select from passwords where user_id = users.id)
      and (select count(*) from security_events where user_id = users.id and type = 'USER_REGISTERED') = 1
      and not exists (select from registrations r where r.email = users.email and r.closed_at is null)
    ) as whole from users where email like 'storm%'`,
  waiting: await sql<Kept[]>`
    select email, (
      password_hash is not null
      and (select count(*) from address_links where registration_id = registrations.id and used_at is null) = 1
    ) as whole from registrations where email like 'storm%' and closed_at is null`,
});
