import { z } from "zod";

/** A moment: a Date for the caller, ISO 8601 while it waits in the job, written out in the reader's language in the mail. */
export const moment = z.coerce.date<Date>();
export const text = z.string();
export const count = z.number().int().nonnegative();
/** The reader's own name, for the greeting. Null: no greeting by name. */
export const readerName = z.string().nullable();
/** Browser and system as the server recognised them, never a name that the client chose. Null: unknown, as for `place`. */
export const device = z.string().nullable();
/** Where an address is, as far as it tells. Null: it does not, and the mail says so in the reader's language. */
export const place = z.string().nullable();
/** Whether an admin wanted it, and not the reader. */
export const byAdmin = z.boolean().default(false);
/** When and from where somebody registered. */
export const registered = { at: moment, place: place.default(null) };
