import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
// The Worker brings the operator's page along.
import "./scripts/page.ts";
import { testBindings } from "./test/workerd/support/bindings.ts";

/** A busy machine takes its time; a second, vitest's own, says nothing of the product. */
const PATIENCE = { poll: { timeout: 15_000 } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    // The gateway's events are of use where something fails.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          expect: PATIENCE,
          include: ["test/unit/**/*.test.ts"],
          // The tests share nothing, and loading the same modules for each file takes longer than most files.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: await testBindings() },
          })),
        ],
        test: {
          name: "workerd",
          expect: PATIENCE,
          include: ["test/workerd/**/*.test.ts"],
          setupFiles: ["test/workerd/support/setup.ts"],
          // One isolate for all files: starting it takes longer than most files.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          expect: PATIENCE,
          globalSetup: ["test/support/runner-bundle.ts"],
          include: ["test/e2e/**/*.test.ts"],
          // When the others are done: three sites at a time are what a small machine bears, they wait most of the time.
          sequence: { groupOrder: 1 },
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "stories",
          expect: PATIENCE,
          globalSetup: ["test/support/runner-bundle.ts"],
          include: ["test/stories/**/*.test.ts"],
          // Each is a whole site of its own, which tests of the features have shown already.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "faults",
          expect: PATIENCE,
          globalSetup: ["test/support/runner-bundle.ts"],
          include: ["test/faults/**/*.test.ts"],
          // Each file has a Podman and a site of its own to kill and to cut; they wait most of the time.
          sequence: { groupOrder: 3 },
          maxWorkers: 4,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
