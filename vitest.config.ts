import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                PROVIDER_ID: "ucloud",
                UCLOUD_URL: "http://ucloud.invalid",
                PRODUCTS: JSON.stringify([
                  { name: "example-compute-1", category: "example-compute", cpu: 1, memoryInGigs: 2, price: 1 },
                ]),
                DATA_JURISDICTION: "",
                TIMES: "",
                UCLOUD_PUBLIC_KEY: "test",
                UCLOUD_REFRESH_TOKEN: "test",
                ADMIN_TOKEN: "test-admin-token",
              },
            },
          }),
        ],
        test: { name: "workerd", include: ["test/workerd/**/*.test.ts"] },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          // One machine, one Podman: files run one after the other.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
