import { z } from "zod";

/** A moment: a Date for the caller, ISO 8601 in the job, and formatted in the reader's language in the mail. */
export const moment = z.coerce.date<Date>();
export const text = z.string();
export const count = z.number().int().nonnegative();
/** The reader's name, for the greeting. Null: no name in the greeting. */
export const readerName = z.string().nullable();
/** Browser and system as recognized by the server, never a name chosen by the client. Null: unknown, as for `place`. */
export const device = z.string().nullable();
/** The location of an address, if known. Null: unknown, which the mail says in the reader's language. */
export const place = z.string().nullable();
/** Whether an admin requested it, not the reader. */
export const byAdmin = z.boolean().default(false);
/** When and from where a user registered. */
export const registered = { at: moment, place: place.default(null) };
