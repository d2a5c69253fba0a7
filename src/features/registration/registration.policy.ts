/** What a person does after registering. */
export type RegistrationNext = "VERIFY_EMAIL" | "AWAIT_APPROVAL";
