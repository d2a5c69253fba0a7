import { beforeAll, describe, expect, it } from "vitest";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const MODERN = "application/graphql-response+json";
const CLASSIC = "application/json";

/** GraphQL over HTTP, section 6: the media type defines how to interpret the status. */
describe("the media type of a response", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await sharedTestApp();
  });

  const ask = async (query: string, accept: string) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    const mediaType = response.headers.get("content-type")?.split(";")[0];
    return { mediaType, status: response.status, codes: errors.map(({ extensions }) => extensions.code) };
  };

  it.each([
    ["a modern client's", `${MODERN},${CLASSIC};q=0.9`, MODERN],
    ["urql's", `${MODERN}, application/graphql+json, ${CLASSIC}, text/event-stream, multipart/mixed`, MODERN],
    ["a strict client's", MODERN, MODERN],
    ["an older client's", CLASSIC, CLASSIC],
    ["an indifferent client's", "*/*", CLASSIC],
  ])("is %s choice, with the same status in each", async (_, accept, mediaType) => {
    expect(await ask("{ me { id } }", accept)).toEqual({ mediaType, status: 200, codes: ["UNAUTHENTICATED"] });
    expect(await ask("{ me { shoeSize } }", accept)).toEqual({ mediaType, status: 400, codes: ["BAD_REQUEST"] });
    expect(await ask("{ me {", accept)).toEqual({ mediaType, status: 400, codes: ["BAD_REQUEST"] });
  });
});
