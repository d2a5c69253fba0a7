import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The page and the API have one origin, as behind a reverse proxy in production.
  server: { port: 5173, proxy: { "/graphql": { target: "http://localhost:4000", changeOrigin: true, ws: true } } },
});
