import { NetworkSet } from "#platform/geoip/network-set";
import { HttpClientError, SafeHttpClient } from "#platform/http-client/index";

// A separate program, because Node reads NODE_EXTRA_CA_CERTS at its start. It calls the given port of this machine by each name.

const [port, ...names] = process.argv.slice(2);
const client = new SafeHttpClient({
  privateNetworks: NetworkSet.parse("127.0.0.1"),
  resolve: async () => [{ address: "127.0.0.1", family: 4 }],
});

for (const name of names) {
  const outcome = await client
    .request({ url: new URL(`https://${name}:${port}/`), deadline: AbortSignal.timeout(180_000) })
    .then(({ body }) => body.toString())
    .catch((error: unknown) =>
      error instanceof HttpClientError ? (error.cause as NodeJS.ErrnoException).code : String(error),
    );
  process.stdout.write(`${name}: ${outcome}\n`);
}
