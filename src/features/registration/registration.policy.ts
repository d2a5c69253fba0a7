/** What a person does after registering. */
export type RegistrationNext = "VERIFY_EMAIL" | "AWAIT_APPROVAL";

/** Where a registration stands that an admin decides on. */
export type RegistrationStatus = "PENDING" | "APPROVED" | "REJECTED";
