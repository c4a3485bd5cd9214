import { execFileSync } from "node:child_process";
import { serviceProgram } from "../test/e2e/service.js";
import { docker, type PulumiResult, TestStack } from "../test/e2e/stack.js";
import { freePort } from "../test/free-port.js";

const runs = 5;

/** Set-up with a warm cache, preview, and `up` where nothing changed: 5 runs, medians. Runs at the root of the tree. */
export async function benchPulumi(): Promise<string> {
    await docker("build", "--quiet", "--tag", "cutover-bench-service", "test/e2e/service");
    const port = await freePort();
    const image = { blue: "cutover-bench-service", green: "cutover-bench-service" };
    const at = (green: number) =>
        serviceProgram({ port, image, weights: { blue: 100 - green, green } });
    const stack = await new TestStack(at(0)).init();
    try {
        const setup = await median(async () => setUp());
        await stack.must("up", "--yes", "--skip-preview");
        const unchanged = await median(() => ofPulumi(stack.up("--expect-no-changes")));
        stack.program(at(100));
        const preview = await median(() => ofPulumi(stack.preview()));
        return [
            `Pulumi: ${runs} runs, median`,
            `set-up, warm cache      ${seconds(setup)} (to reach: 3 s)`,
            `preview of a hand-over  ${seconds(preview)} (to reach: 5 s)`,
            `up with no change       ${seconds(unchanged)} (to reach: 6 s)`,
        ].join("\n");
    } finally {
        await stack.cleanUp();
    }
}

function setUp(): number {
    const began = performance.now();
    execFileSync("npm", ["run", "--silent", "setup"], { stdio: "ignore" });
    return (performance.now() - began) / 1000;
}

async function ofPulumi(run: Promise<PulumiResult>): Promise<number> {
    const { exitCode, output, seconds } = await run;
    if (exitCode !== 0) throw new Error(output);
    return seconds;
}

/** Of seconds. */
async function median(work: () => Promise<number>): Promise<number> {
    const all: number[] = [];
    for (let run = 0; run < runs; run++) all.push(await work());
    return all.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

function seconds(value: number): string {
    return `${value.toFixed(1)} s`;
}
