import { createServerAuth } from "portcullis/server";

const { PORTCULLIS_URL = "http://localhost:4000", PORTCULLIS_ISSUER = PORTCULLIS_URL } = process.env;

export const auth = createServerAuth({ url: `${PORTCULLIS_URL}/graphql`, issuer: PORTCULLIS_ISSUER });
