import { type AppError, type ErrorExtensions, extensionsOf } from "#shared/errors";

/** Somebody for whom an operation is executed, as whoever passes the request on tells it. */
export interface Caller {
  readonly requestId: string;
  /** In its one spelling. */
  readonly ipAddress: string;
  readonly userAgent: string;
  /** As it came, unchecked. */
  readonly accessToken: string | null;
}

/** A failure as a client over HTTP finds it in `errors[0]`: the sentence, and the extensions. */
export interface Failure extends ErrorExtensions {
  readonly message: string;
}

export const failureOf = (error: AppError): Failure => ({ ...extensionsOf(error), message: error.message });

/** What an operation came to. */
export type Outcome = { readonly data: unknown } | { readonly error: Failure };

/** An operation of one root field that is known beforehand. */
export interface Operation {
  /** Never rejects. `data` is the field's value. */
  execute(variables: Readonly<Record<string, unknown>>, caller: Caller): Promise<Outcome>;
}

/** Throws where the text is no operation of one root field that fits the schema. */
export type PrepareOperation = (text: string) => Operation;
