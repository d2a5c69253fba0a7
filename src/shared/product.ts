/** What the product calls itself to its users: in mails, on pages, in authenticator apps and passkey dialogs. */
export const PRODUCT = "Portcullis";
