import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { catalogues, documents, stamp } from "./web-build-plugins.ts";

/** Smaller shared files cost a browser more than the code that a page may not need. */
const MIN_SHARED_BYTES = 1_500;

/** Without the pages that share the file, which rolldown adds to its name. */
const fileName = (name = "", extension: string): string => `assets/${name.replace(/~.*/, "")}-[hash]${extension}`;

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
    rolldownOptions: {
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: ({ name }) => fileName(name, ".js"),
        assetFileNames: ({ names: [name] }) => fileName(name?.replace(/\.\w+$/, ""), "[extname]"),
        // One file for what every page loads, and few for what some pages share. Otherwise, a page loads up to eighty files.
        codeSplitting: {
          groups: [
            { name: "base", tags: ["$initial"], test: /(?<!index\.html|main\.tsx)$/ },
            { name: "shared", minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: MIN_SHARED_BYTES },
          ],
        },
      },
    },
  },
});
