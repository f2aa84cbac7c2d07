/**
 * How the console becomes files that a browser loads. Addresses in them are relative, so that they
 * work below any path prefix.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { output: { hashCharacters: "base36" } },
  },
});
