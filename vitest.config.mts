import { defineConfig } from "vitest/config";

/** Tests that need the Docker engine, the Pulumi CLI or the built package. */
const withTools = ["test/**/*.docker.test.ts", "test/e2e/**/*.test.ts"];

export default defineConfig({
    test: {
        reporters: ["default", "./tools/closing-line.mjs"],
        projects: [
            {
                test: {
                    name: "unit",
                    include: ["test/**/*.test.ts"],
                    exclude: withTools,
                    // A busy machine is no failure: the limit only ends what hangs.
                    testTimeout: 60_000,
                    sequence: { groupOrder: 0 },
                },
            },
            {
                test: {
                    name: "docker",
                    include: withTools,
                    globalSetup: "./tools/require-tools.mjs",
                    testTimeout: 600_000,
                    hookTimeout: 600_000,
                    // Tests that say so (`it.concurrent`) wait most of their time.
                    maxConcurrency: 4,
                    // Most of their time is spent waiting for containers, but two at once already
                    // fill a small machine's disk.
                    maxWorkers: 2,
                    // After the unit tests: what is wrong with those is cheaper to find there.
                    sequence: { groupOrder: 1 },
                },
            },
        ],
    },
});
