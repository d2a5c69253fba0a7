/** The name of the product for its users: in mails, on pages, in authenticator apps and passkey dialogs. */
export const PRODUCT = "Portcullis";
