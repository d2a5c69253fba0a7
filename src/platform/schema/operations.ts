import { type AppError, type ErrorExtensions, extensionsOf } from "#shared/errors";

/** The caller of an operation, as reported by the program that passes the request on. */
export interface Caller {
  readonly requestId: string;
  /** Normalized. */
  readonly ipAddress: string;
  readonly userAgent: string;
  /** As received, not verified. */
  readonly accessToken: string | null;
}

/** A failure in the form of `errors[0]` over HTTP: the message and the extensions. */
export interface Failure extends ErrorExtensions {
  readonly message: string;
}

export const failureOf = (error: AppError): Failure => ({ ...extensionsOf(error), message: error.message });

/** The result of an operation. */
export type OperationOutcome = { readonly data: unknown } | { readonly error: Failure };

/** A prepared operation with one root field. */
export interface Operation {
  /** Never rejects. `data` is the field's value. */
  execute(variables: Readonly<Record<string, unknown>>, caller: Caller): Promise<OperationOutcome>;
}

/** @throws {Error} if the text is not an operation with one root field that matches the schema */
export type PrepareOperation = (text: string) => Operation;
