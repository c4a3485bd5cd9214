import { serviceProgram } from "../test/e2e/service.js";
import { docker, type PulumiResult, TestStack } from "../test/e2e/stack.js";
import { freePort } from "../test/free-port.js";

const runs = 5;

/** Preview, and `up` where nothing changed: 5 runs, medians. Runs at the root of the tree. */
export async function benchPulumi(): Promise<string> {
    await docker("build", "--quiet", "--tag", "cutover-bench-service", "test/e2e/service");
    const port = await freePort();
    const image = { blue: "cutover-bench-service", green: "cutover-bench-service" };
    const at = (green: number) =>
        serviceProgram({ port, image, weights: { blue: 100 - green, green } });
    const stack = await new TestStack(at(0)).init();
    try {
        await stack.must("up", "--yes", "--skip-preview");
        const unchanged = await median(() => stack.up("--expect-no-changes"));
        stack.program(at(100));
        const preview = await median(() => stack.preview());
        return [
            `Pulumi: ${runs} runs, median`,
            `preview of a hand-over  ${seconds(preview)} (to reach: 5 s)`,
            `up with no change       ${seconds(unchanged)} (to reach: 6 s)`,
        ].join("\n");
    } finally {
        await stack.cleanUp();
    }
}

async function median(work: () => Promise<PulumiResult>): Promise<number> {
    const all: number[] = [];
    for (let run = 0; run < runs; run++) {
        const result = await work();
        if (result.exitCode !== 0) throw new Error(result.output);
        all.push(result.seconds);
    }
    return all.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

function seconds(value: number): string {
    return `${value.toFixed(1)} s`;
}
