import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type OtherTool, otherTools, pipeName, rsyncName } from "./hosts/other-tools.js";
import { OurLink } from "./hosts/our-link.js";
import { type Link, TwoHosts } from "./hosts/two-hosts.js";
import { countFrom, median, only, rotated, runs, seconds, settle } from "./runs.js";
import { type Row, table } from "./table.js";
import { largeFile, smallFiles, textLike } from "./trees.js";

const files = countFrom("BENCH_FILES", 100_000);
const largeMebibytes = countFrom("BENCH_LARGE_MIB", 2_048);
const slowMebibytes = countFrom("BENCH_SLOW_MIB", 64);

const fast: Link = { name: "loopback" };
const slow: Link = { name: "100 Mbit/s", rate: "100mbit" };

interface Workload {
    link: Link;
    name: string;
    fill(folder: string): void;
    others: string[];
    goal: { tool: string; times: number };
}

const beatsRsync = { tool: rsyncName, times: 1.5 };
const asRawPipe = { tool: pipeName, times: 0.9 };
const tools = Object.keys(otherTools);

function manyFiles(link: Link): Workload {
    return {
        link,
        name: `${link.name}: ${files.toLocaleString("en")} files of 4 KiB in 100 folders, half of them text-like`,
        fill: (folder) => smallFiles(folder, files),
        others: tools.filter((tool) => tool !== pipeName),
        goal: beatsRsync,
    };
}

const workloads: Workload[] = [
    manyFiles(fast),
    {
        link: fast,
        name: `${fast.name}: ${largeMebibytes} MiB in 4 files`,
        fill(folder) {
            for (let file = 0; file < 4; file++)
                largeFile(join(folder, `file ${file}`), Math.ceil(largeMebibytes / 4));
        },
        others: tools,
        goal: asRawPipe,
    },
    manyFiles(slow),
    {
        link: slow,
        name: `${slow.name}: ${slowMebibytes} MiB text-like and ${slowMebibytes} MiB random`,
        fill(folder) {
            largeFile(join(folder, "text"), slowMebibytes, textLike);
            largeFile(join(folder, "noise"), slowMebibytes);
        },
        others: tools,
        goal: asRawPipe,
    },
];

/**
 * The tables of two hosts, each as soon as it is known: the median of 5 runs (BENCH_RUNS). Smaller for a quick look with
 * BENCH_FILES, BENCH_LARGE_MIB and BENCH_SLOW_MIB. Needs root, Docker on this machine, and three times the data's room in
 * the folder for temporary files or in BENCH_DIR.
 */
export async function benchHosts(): Promise<string> {
    const wanted = workloads.filter(({ name }) => name.includes(only));
    const goals: string[] = [];
    for (const link of [fast, slow]) {
        const here = wanted.filter((workload) => workload.link === link);
        if (here.length === 0) continue;
        const hosts = await TwoHosts.start(link);
        try {
            const ours = await OurLink.start(hosts);
            for (const workload of here) goals.push(await measure(workload, hosts, ours));
        } finally {
            hosts.remove();
        }
    }
    return [...goals, `median of ${runs} runs`].join("\n");
}

/** Prints the table of a workload; returns whether its goal is reached. */
async function measure(workload: Workload, hosts: TwoHosts, ours: OurLink): Promise<string> {
    const { name, others, goal } = workload;
    const source = hosts.folder("source");
    const rows: Row[] = [];
    const notes = new Set<string>();
    empty(source);
    workload.fill(source);
    for (let run = 0; run < runs; run++) {
        const row: Row = {};
        for (const column of rotated(["ours", ...others], run)) {
            const other = otherTools[column];
            if (other) row[column] = await copyBy(other, hosts);
            else notes.add(await copyByUs(ours, hosts, row));
        }
        rows.push(row);
    }
    process.stdout.write(`${table(name, rows, others)}\n\n${[...notes].join("\n")}\n\n`);
    const times = median(rows.map((row) => (row[goal.tool] ?? 0) / (row["our copy"] ?? 1)));
    const verdict = times >= goal.times ? "reached" : "NOT reached";
    return `${name}: our copy has ${times.toFixed(2)} × the speed of ${goal.tool} (to reach: ${goal.times}): ${verdict}`;
}

async function copyBy(tool: OtherTool, hosts: TwoHosts): Promise<number> {
    const folder = "/destination/other";
    const here = begin(hosts, "other");
    await tool.prepare?.(hosts, folder);
    settle(hosts.base);
    const took = await seconds(() => tool.copy(hosts, folder));
    rmSync(here, { recursive: true });
    return took;
}

/** Returns what was found out about the link. */
async function copyByUs(ours: OurLink, hosts: TwoHosts, row: Row): Promise<string> {
    const destination = begin(hosts, "ours");
    const mover = await ours.openMover(destination);
    try {
        let strategy = "";
        row["our copy"] = await seconds(async () => {
            strategy = (await mover.livePass()).mover;
        });
        row["our verify"] = await seconds(async () => {
            const proof = await mover.prove("content");
            if (!proof.equal)
                throw new Error(`the copy is not equal: ${proof.differences.join(", ")}`);
        });
        const link = await mover.link();
        return `ours: ${strategy}, ${link?.compressed ? "compressed" : "not compressed"}: ${link?.reason}`;
    } finally {
        await mover.close();
        rmSync(destination, { recursive: true });
    }
}

/** The same start for all: nothing is left to be written, and the source has just been read. */
function begin(hosts: TwoHosts, name: string): string {
    const folder = join(hosts.folder("destination"), name);
    mkdirSync(folder);
    // By way of a pipe: tar reads nothing when it sees that nobody wants it.
    const read = 'tar --xattrs --acls -C "$0" -cf - . | cat >/dev/null';
    execFileSync("sh", ["-c", read, hosts.folder("source")]);
    settle(hosts.base);
    return folder;
}

/** The folder itself stays: it is mounted. */
function empty(folder: string): void {
    execFileSync("find", [folder, "-mindepth", "1", "-delete"]);
}
