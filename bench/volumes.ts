import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
    closeSync,
    ftruncateSync,
    mkdirSync,
    mkdtempSync,
    openSync,
    rmSync,
    writeFileSync,
    writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentReporter } from "../provider/engine/progress.js";
import { execaRunner } from "../provider/platforms/execa.js";
import { LocalMover } from "../provider/volumes/local-mover.js";
import { only, rotated, runs, seconds, settle } from "./runs.js";
import { type Row, table } from "./table.js";

/** Others do the same work in the same run: the disk is noisy, so that only ratios within a run mean anything. */
const others: Record<string, (source: string, destination: string) => void> = {
    "cp -a": (source, destination) => command("cp", "-a", `${source}/.`, destination),
    "tar | tar": (source, destination) =>
        command("sh", "-c", 'tar -C "$1" -cf - . | tar -C "$2" -xpf -', "sh", source, destination),
    "rsync as VolSync": (source, destination) =>
        command("rsync", "-aAhHSxz", "--delete", `${source}/`, `${destination}/`),
    "rsync as pv-migrate": (source, destination) =>
        command(
            ...["rsync", "-av", "--info=progress2,misc0,flist0", "--no-inc-recursive", "-z"],
            ...[`${source}/`, `${destination}/`],
        ),
};

/** `change` makes the second pass of that tree a row of its own. */
interface Workload {
    name: string;
    fill(folder: string): void;
    change?: { name: string; make(folder: string): void };
}

const workloads: Workload[] = [
    {
        name: "2 GiB in 4 files",
        fill(folder) {
            const piece = randomBytes(64 << 20);
            for (let file = 0; file < 4; file++) {
                const fd = openSync(join(folder, `file ${file}`), "w");
                for (let at = 0; at < 8; at++) writeSync(fd, piece);
                closeSync(fd);
            }
        },
    },
    {
        name: "100,000 files of 4 KiB in 100 folders",
        fill: (folder) => smallFiles(folder, 1_000),
        change: {
            name: "the same, second pass, 1% changed",
            make: (folder) => smallFiles(folder, 10),
        },
    },
    {
        name: "10 GiB sparse, 64 MiB of data",
        fill(folder) {
            const fd = openSync(join(folder, "sparse"), "w");
            ftruncateSync(fd, 10 * 1024 ** 3);
            for (let at = 0; at < 64; at++)
                writeSync(fd, randomBytes(1 << 20), 0, 1 << 20, at * 160 * 1024 ** 2);
            closeSync(fd);
        },
    },
];

function smallFiles(folder: string, each: number): void {
    for (let sub = 0; sub < 100; sub++) {
        const at = join(folder, `folder ${sub}`);
        mkdirSync(at, { recursive: true });
        for (let file = 0; file < each; file++)
            writeFileSync(join(at, `file ${file}`), randomBytes(4096));
    }
}

/**
 * The tables of the movers, each as soon as it is known: the median of 5 runs (BENCH_RUNS), in seconds and as ratios.
 * Needs root, and 25 GiB in the folder for temporary files or in BENCH_DIR.
 */
export async function benchVolumes(): Promise<string> {
    for (const workload of workloads.filter(({ name }) => name.includes(only))) {
        const rows = new Map<string, Row[]>();
        for (let run = 0; run < runs; run++) {
            for (const [name, row] of await oneRun(workload, run))
                rows.set(name, [...(rows.get(name) ?? []), row]);
        }
        for (const [name, all] of rows)
            process.stdout.write(`${table(name, all, Object.keys(others))}\n\n`);
    }
    return `median of ${runs} runs`;
}

async function oneRun(workload: Workload, run: number): Promise<[string, Row][]> {
    const base = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "cutover-bench-"));
    const source = join(base, "source");
    mkdirSync(source);
    const mover = new LocalMover(
        {
            source,
            destination: folderFor(base, "ours"),
            reporter: silentReporter,
            signal: new AbortController().signal,
        },
        execaRunner,
    );
    try {
        workload.fill(source);
        const first: Row = {};
        for (const column of rotated(["ours", ...Object.keys(others)], run)) {
            settle(base);
            if (column === "ours") await firstPass(mover, first);
            else
                first[column] = await seconds(() =>
                    others[column]?.(source, folderFor(base, column)),
                );
            if (!workload.change && column !== "ours")
                rmSync(folderFor(base, column), { recursive: true });
        }
        if (!workload.change) return [[workload.name, first]];
        workload.change.make(source);
        const second: Row = {};
        for (const column of rotated(["ours", ...Object.keys(others)], run)) {
            settle(base);
            if (column === "ours") await lastPass(mover, second);
            else
                second[column] = await seconds(() =>
                    others[column]?.(source, folderFor(base, column)),
                );
        }
        return [
            [workload.name, first],
            [workload.change.name, second],
        ];
    } finally {
        await mover.close();
        rmSync(base, { recursive: true, force: true });
    }
}

async function firstPass(mover: LocalMover, row: Row): Promise<void> {
    row["our copy"] = await seconds(() => mover.livePass());
    row["our verify"] = await seconds(async () => {
        const proof = await mover.prove("content");
        if (!proof.equal) throw new Error(`the copy is not equal: ${proof.differences.join(", ")}`);
    });
}

async function lastPass(mover: LocalMover, row: Row): Promise<void> {
    row["our copy"] = await seconds(() => mover.lastPass());
    row["our verify"] = await seconds(async () => {
        await mover.flush();
        const proof = await mover.prove("content");
        if (!proof.equal) throw new Error(`the copy is not equal: ${proof.differences.join(", ")}`);
    });
}

function folderFor(base: string, column: string): string {
    const folder = join(base, column.replaceAll(/\W+/g, "-"));
    mkdirSync(folder, { recursive: true });
    return folder;
}

function command(program: string, ...args: string[]): void {
    execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}
