import { z } from "zod";
import type { Locale } from "#shared/locales";
import { count, moment } from "./fields.ts";
import { defineMail, type Mail } from "./mail.ts";
import type { Quantity } from "./quantity.ts";
import type { MailTemplates } from "./templates/folder.ts";

/** All mails by name, as queued jobs name them. */
export class MailCatalogue {
  readonly #mails: ReadonlyMap<string, Mail>;
  /** The only mail of the platform itself: lists notices that exceeded their recipient's budget. */
  readonly digest: ReturnType<typeof noticeDigest>;

  /**
   * `templates` reads the operator's texts for these mails.
   * @throws {Error} if two mails have the same name
   */
  constructor(mails: readonly Mail[], templates: (mails: readonly Mail[]) => MailTemplates = () => new Map()) {
    const notices = new Map(mails.flatMap(({ name, merged }) => (merged ? [[name, merged] as const] : [])));
    this.digest = noticeDigest(notices);
    const all = [...mails, this.digest];
    const replaced = templates(all);
    this.#mails = new Map(all.map((mail) => [mail.name, { ...mail, ...replaced.get(mail.name) }]));
    const repeated = all.filter(({ name }, index) => all.findIndex((mail) => mail.name === name) !== index);
    if (repeated.length > 0) throw new Error(`Two mails have one name: ${repeated.map(({ name }) => name).join(", ")}`);
  }

  /** @throws {Error} if the mail is unknown; a job of a newer version is then retried by a replica that knows it */
  get(name: string): Mail {
    const mail = this.#mails.get(name);
    if (mail === undefined) throw new Error(`Unknown mail: ${name}.`);
    return mail;
  }
}

const noticeDigest = (notices: ReadonlyMap<string, Readonly<Record<Locale, string>>>) =>
  defineMail({
    name: "notice-digest",
    secret: null,
    // Created from notices that exceeded their budget.
    budget: null,
    data: z.object({
      notices: z.array(z.object({ notice: z.string().refine((notice) => notices.has(notice)), count, lastAt: moment })),
    }),
    next: "OPEN_APP",
    inWords: (data, locale) => ({
      ...data,
      notices: data.notices.map((each) => ({ ...each, notice: notices.get(each.notice)?.[locale] ?? each.notice })),
    }),
    en: ({ product, notices }) => ({
      subject: `Several security notices about your ${product} account`,
      body: [
        `There were more security notices about your ${product} account than we send one by one:`,
        {
          list: notices.map(
            ({ notice, count, lastAt }) =>
              `${notice} (${count.plural({ one: "once", other: `${count} times` })}, last on ${lastAt})`,
          ),
        },
        "The security history of your account lists each of them. If you do not recognise them, change your password.",
      ],
    }),
    de: ({ product, notices }) => ({
      subject: `Mehrere Sicherheitshinweise zu Ihrem ${product}-Konto`,
      body: [
        `zu Ihrem ${product}-Konto gab es mehr Sicherheitshinweise, als wir einzeln senden:`,
        {
          list: notices.map(
            ({ notice, count, lastAt }) =>
              `${notice} (${count.plural({ one: "einmal", other: `${count}-mal` })}, zuletzt am ${lastAt})`,
          ),
        },
        "Der Sicherheitsverlauf Ihres Kontos zeigt jeden einzelnen. Wenn Sie diese nicht kennen, ändern Sie Ihr Passwort.",
      ],
    }),
    ar: ({ product, notices }) => ({
      subject: `عدة إشعارات أمنية بشأن حسابك في ${product}`,
      body: [
        `كانت الإشعارات الأمنية بشأن حسابك في ${product} أكثر مما نرسله واحدًا واحدًا:`,
        {
          list: notices.map(({ notice, count, lastAt }) => `${notice} (${times(count)}، آخرها في ${lastAt})`),
        },
        "يعرض السجل الأمني لحسابك كلًّا منها. إذا لم تكن مألوفة لك، فيُرجى تغيير كلمة المرور.",
      ],
    }),
  });

const times = (count: Quantity<"ar">): string =>
  count.plural({
    zero: "لم يتكرر",
    one: "مرة واحدة",
    two: "مرتان",
    few: `${count} مرات`,
    many: `${count} مرةً`,
    other: `${count} مرة`,
  });
