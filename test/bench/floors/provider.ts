import { createServer } from "node:https";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { saidBy } from "../provider.ts";

/** The minimum of an OpenID provider that a callback needs: it accepts every client, and each code names its subject. */
const { KEY, CERT, PORT } = process.env;

const ALGORITHM = "RS256";
const issuer = `https://localhost:${PORT}`;
const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "bench", alg: ALGORITHM, use: "sig" }] };
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: [ALGORITHM],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
};

const answerToken = async (form: URLSearchParams) => {
  const { sub, email, nonce } = saidBy(form.get("code") ?? "");
  const idToken = await new SignJWT({ email, email_verified: true, nonce })
    .setProtectedHeader({ alg: ALGORITHM, kid: "bench" })
    .setIssuer(issuer)
    .setAudience("bench")
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(privateKey);
  return { access_token: "opaque", token_type: "Bearer", expires_in: 300, id_token: idToken };
};

createServer({ key: KEY, cert: CERT }, async (request, response) => {
  let form = "";
  for await (const chunk of request) form += String(chunk);
  const isToken = request.url === "/token";
  const answer = isToken ? await answerToken(new URLSearchParams(form)) : request.url === "/jwks" ? jwks : metadata;
  response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
}).listen(Number(PORT), "127.0.0.1");
