import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { catalogues, documents, stamp } from "./web-build-plugins.ts";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Builds the hosted pages to dist/web. The server fills in index.html for each response, and serves the rest as it is. */
export default defineConfig({
  root: path("src/web"),
  base: "/web/",
  publicDir: path("src/web/public"),
  plugins: [react(), documents(), catalogues(), stamp()],
  build: {
    outDir: path("dist/web"),
    emptyOutDir: true,
    // The oldest browsers with all that the pages use: passkeys by JSON, `:has`, container queries.
    target: ["chrome111", "firefox114", "safari16.4"],
    // A data: URL would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // Which file imports which: a test adds up what a page loads.
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { output: { entryFileNames: "assets/[name]-[hash].js" } },
  },
});
