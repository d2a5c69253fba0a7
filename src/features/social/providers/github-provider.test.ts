import { expect, it } from "vitest";
import { endpointsOf } from "./github-provider.ts";

it.each([
  ["https://github.com", "https://api.github.com"],
  ["https://acme.ghe.com", "https://api.acme.ghe.com"],
  ["https://code.acme.example", "https://code.acme.example/api/v3"],
  ["https://github.com.acme.example", "https://github.com.acme.example/api/v3"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"],
])("the GitHub server at %s has its API at %s", (server, api) => {
  expect(endpointsOf(server)).toEqual({
    issuer: `${server}/login/oauth`,
    authorization_endpoint: `${server}/login/oauth/authorize`,
    token_endpoint: `${server}/login/oauth/access_token`,
    api,
  });
});
