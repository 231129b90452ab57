import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/**/*.test.ts"], testTimeout: 600_000, restoreMocks: true, reporters: ["dot"] },
});
