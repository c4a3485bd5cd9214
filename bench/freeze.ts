import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { silentReporter } from "../provider/engine/progress.js";
import { execaRunner } from "../provider/platforms/execa.js";
import { LocalMover } from "../provider/volumes/local-mover.js";
import type { Mover } from "../provider/volumes/mover.js";
import { lineChart } from "./line-chart.js";
import { countFrom, median, rotated, runs, seconds, settle } from "./runs.js";

const sizes = (process.env.BENCH_SIZES ?? "10000,100000,1000000").split(",").map(Number);
const changed = countFrom("BENCH_CHANGED", 1_000);
const plot = process.env.BENCH_PLOT ?? "docs/freeze.svg";
const inFolder = 1_000;

const rsyncLine = ["rsync", "-aHAXS", "--numeric-ids", "--delete"] as const;

/** Seconds. */
interface Frozen {
    lastPass: number;
    flush: number;
    proof: number;
    lastLook: number;
}

type Run = Frozen & { rsync: number };

/** Folders, and how many files the source has. */
interface Trees {
    source: string;
    ours: string;
    rsyncs: string;
    size: number;
}

/**
 * How long a writer is kept from writing, by the size of the tree: the last pass, the flush, the proof and the last look,
 * against one run of rsync that finds the same changes. 5 runs (BENCH_RUNS), medians; a table, and a plot in docs/freeze.svg
 * (BENCH_PLOT). Other sizes by BENCH_SIZES and BENCH_CHANGED. Needs root, and 15 GiB in the folder for temporary files or
 * in BENCH_DIR.
 */
export async function benchFreeze(): Promise<string> {
    const found = new Map<number, Run[]>();
    process.stdout.write(`${head}\n`);
    for (const size of sizes) {
        const all = await measure(size);
        found.set(size, all);
        process.stdout.write(`${tableRow(size, all)}\n`);
    }
    writeFileSync(plot, chart(found));
    return `\n${plot} is drawn; ${runs === 1 ? "1 run" : `median of ${runs} runs`}`;
}

async function measure(size: number): Promise<Run[]> {
    const base = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "cutover-freeze-"));
    const remove = () => rmSync(base, { recursive: true, force: true });
    process.once("exit", remove);
    const [source, ours, rsyncs] = [join(base, "source"), join(base, "ours"), join(base, "rsync")];
    try {
        for (const folder of [source, ours, rsyncs]) mkdirSync(folder);
        for (let file = 0; file < size; file++) writeFile(source, file);
        rsync(source, rsyncs);
        const found: Run[] = [];
        for (let run = 0; run < runs; run++)
            found.push(await oneRun({ source, ours, rsyncs, size }, run));
        return found;
    } finally {
        process.off("exit", remove);
        remove();
    }
}

/** Both are warm, and find the same changes; a mover of each run, since it is one of a migration. */
async function oneRun({ source, ours, rsyncs, size }: Trees, run: number): Promise<Run> {
    const options = { source, destination: ours, reporter: silentReporter };
    const { signal } = new AbortController();
    const mover: Mover = new LocalMover({ ...options, signal }, execaRunner);
    try {
        await mover.livePass();
        await mover.verifySettled();
        change(source, size, run);
        const row: Partial<Run> = {};
        for (const who of rotated(["ours", "rsync"], run)) {
            settle(source);
            if (who === "ours") Object.assign(row, await freeze(mover));
            else row.rsync = await seconds(() => rsync(source, rsyncs));
        }
        return row as Run;
    } finally {
        await mover.close();
    }
}

/** What happens between the writers' end and the green light, in the order of a migration. */
async function freeze(mover: Mover): Promise<Frozen> {
    const lastPass = await seconds(() => mover.lastPass());
    const flush = await seconds(() => mover.flush());
    const proof = await seconds(async () => {
        const { equal, differences } = await mover.prove("content");
        if (!equal) throw new Error(`the copy is not equal: ${differences.join(", ")}`);
    });
    const lastLook = await seconds(async () => {
        const { unchanged, changes } = await mover.unchangedSinceProof();
        if (!unchanged) throw new Error(`nobody wrote, but ${changes.join(", ")} changed`);
    });
    return { lastPass, flush, proof, lastLook };
}

function rsync(source: string, destination: string): void {
    const [program, ...args] = [...rsyncLine, `${source}/`, `${destination}/`];
    execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

function writeFile(folder: string, file: number): void {
    const at = join(folder, `folder ${Math.floor(file / inFolder)}`);
    if (file % inFolder === 0) mkdirSync(at, { recursive: true });
    writeFileSync(join(at, `file ${file}`), randomBytes(1_024));
}

/** Spread over the whole tree; others in each run. */
function change(folder: string, size: number, run: number): void {
    const step = Math.max(1, Math.floor(size / changed));
    for (let at = 0; at < Math.min(changed, size); at++)
        writeFile(folder, (at * step + (run % step)) % size);
}

function frozen({ lastPass, flush, proof, lastLook }: Frozen): number {
    return lastPass + flush + proof + lastLook;
}

const head = [
    `| files, ${changed.toLocaleString("en")} changed | last pass | flush | proof | last look | frozen, seconds | rsync, seconds | frozen is × of rsync |`,
    "|---|---|---|---|---|---|---|---|",
].join("\n");

function tableRow(size: number, all: readonly Run[]): string {
    const of = (seconds: (run: Run) => number) => median(all.map(seconds)).toFixed(2);
    const parts = (["lastPass", "flush", "proof", "lastLook"] as const).map((part) =>
        of((run) => run[part]),
    );
    const both = [of(frozen), of(({ rsync }) => rsync), of((run) => frozen(run) / run.rsync)];
    return `| ${[size.toLocaleString("en"), ...parts, ...both].join(" | ")} |`;
}

function chart(found: ReadonlyMap<number, Run[]>): string {
    const line = (name: string, seconds: (run: Run) => number) => ({
        name,
        points: [...found].map(([size, all]) => ({ x: size, y: median(all.map(seconds)) })),
    });
    const memory = Math.round(totalmem() / 1024 ** 3);
    return lineChart({
        title: `How long writers wait when ${changed.toLocaleString("en")} files changed`,
        note: `${runs === 1 ? "1 run" : `median of ${runs} runs`}; ${availableParallelism()} cores, ${memory} GiB of memory, ${new Date().toISOString().slice(0, 10)}`,
        x: "files in the tree",
        y: "seconds",
        lines: [
            line("frozen: last pass, proof, flush, last look", frozen),
            line(
                `${rsyncLine.slice(0, 3).join(" ")}: one full scan, no proof`,
                ({ rsync }) => rsync,
            ),
        ],
    });
}
