import { startLoad } from "../test/load.js";
import { RouterUnderTest, routerImage } from "../test/traffic/router-under-test.js";
import { startSlotProcess } from "../test/traffic/slot-server.js";

const runs = 5;
const connections = 64;

interface Run {
    /** From the command to the end of the first request at the new weight, in milliseconds. */
    weightCommand: number;
    directPeak: number;
    routedPeak: number;
    directP99: number;
    routedP99: number;
}

/** The table of the router: 5 runs, medians. Runs at the root of the tree, and needs Docker. */
export async function benchTraffic(): Promise<string> {
    const [blue, green] = [await startSlotProcess("blue"), await startSlotProcess("green")];
    const tested = new RouterUnderTest(await routerImage("trixie"));
    try {
        await tested.start([blue, green]);
        const all: Run[] = [];
        for (let run = 0; run < runs; run++) all.push(await oneRun(tested, blue.port));
        return table(all);
    } finally {
        await tested.remove();
        await blue.stop();
        await green.stop();
    }
}

async function oneRun(tested: RouterUnderTest, slotPort: number): Promise<Run> {
    const weightCommand = await timeWeightCommand(tested);
    await tested.router.setWeights({ blue: 100, green: 0 });
    const directPeak = await peak(slotPort);
    const routedPeak = await peak(tested.port);
    const half = Math.round(Math.min(directPeak, routedPeak) / 2);
    // In turns, since others on the machine disturb in waves.
    const direct: number[] = [];
    const routed: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
        direct.push(await p99At(half, slotPort));
        routed.push(await p99At(half, tested.port));
    }
    const [directP99, routedP99] = [median(direct), median(routed)];
    return { weightCommand, directPeak, routedPeak, directP99, routedP99 };
}

async function timeWeightCommand(tested: RouterUnderTest): Promise<number> {
    await tested.router.setWeights({ blue: 100, green: 0 });
    let seen = 0;
    const load = startLoad({
        port: tested.port,
        connections: 1,
        onAnswer: ({ body }) => {
            if (body === "green" && seen === 0) seen = performance.now();
        },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const start = performance.now();
    await tested.router.setWeights({ blue: 0, green: 100 });
    while (seen === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await load.stop();
    return seen - start;
}

async function peak(port: number): Promise<number> {
    const { sent, seconds, failures } = await startLoad({ port, connections, requests: 40_000 })
        .ended;
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return sent / seconds;
}

async function p99At(rate: number, port: number): Promise<number> {
    const load = startLoad({ port, connections, requests: rate * 2, rate });
    const { p99, failures } = await load.ended;
    if (failures.length > 0) throw new Error(failures.join("\n"));
    return p99;
}

function median(values: readonly number[]): number {
    return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function table(all: readonly Run[]): string {
    const of = (field: keyof Run) => median(all.map((run) => run[field]));
    const more = median(all.map(({ directP99, routedP99 }) => routedP99 - directP99));
    const rows = [
        ["", "direct", "router", "difference"],
        ["requests/s, peak", round(of("directPeak")), round(of("routedPeak")), ""],
        [
            "p99 at half of the router's peak",
            `${of("directP99").toFixed(2)} ms`,
            `${of("routedP99").toFixed(2)} ms`,
            `${more.toFixed(2)} ms (to reach: 1 ms)`,
        ],
        [
            "weight command to first request",
            "",
            `${of("weightCommand").toFixed(1)} ms`,
            "(to reach: 100 ms)",
        ],
    ];
    const widths = [0, 1, 2, 3].map((column) =>
        Math.max(...rows.map((row) => row[column]?.length ?? 0)),
    );
    const lines = rows.map((row) =>
        row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join("  ")
            .trimEnd(),
    );
    return [`Router: ${runs} runs, median, ${connections} connections`, ...lines].join("\n");
}

function round(value: number): string {
    return String(Math.round(value));
}
