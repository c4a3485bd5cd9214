import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentReporter } from "../provider/engine/progress.js";
import { execaRunner } from "../provider/platforms/execa.js";
import { LocalMover } from "../provider/volumes/local-mover.js";

/** Files in the trees. 1,000,000 need 12 GiB, and 3,000,000 inodes. */
const sizes = (process.env.BENCH_SIZES ?? "10000,100000,1000000").split(",").map(Number);
const changed = 1_000;
const perFolder = 1_000;

/**
 * What the freeze costs against the size of the tree, with 1,000 files changed: the last pass, the proof, the flush and the
 * last look, beside rsync's scan of the same tree for the same changes. The tree lies in the folder for temporary files or
 * in BENCH_DIR.
 */
export async function benchFreeze(): Promise<string> {
    const lines = [
        "| files | last pass | flush | proof | last look | frozen | basis | rsync -aHAXS --numeric-ids --delete |",
        "|---|---|---|---|---|---|---|---|",
    ];
    for (const size of sizes) lines.push(await oneSize(size));
    return lines.join("\n");
}

async function oneSize(size: number): Promise<string> {
    const base = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), "cutover-freeze-"));
    const [source, ours, theirs] = ["source", "ours", "theirs"].map((name) => {
        mkdirSync(join(base, name));
        return join(base, name);
    }) as [string, string, string];
    const mover = new LocalMover(
        {
            source,
            destination: ours,
            reporter: silentReporter,
            signal: new AbortController().signal,
        },
        execaRunner,
    );
    try {
        for (let at = 0; at < size; at++) write(source, at, "first");
        const live = await seconds(async () => {
            await mover.livePass();
            await mover.verifySettled();
        });
        command("cp", "-a", `${source}/.`, theirs);
        command("sync", "-f", base);
        for (let at = 0; at < size; at += size / changed) write(source, Math.floor(at), "second");
        const expected = await mover.expectLastPass();
        const pass = await seconds(() => mover.lastPass());
        const flush = await seconds(() => mover.flush());
        let basis = "";
        const proof = await seconds(async () => {
            const found = await mover.prove("content");
            if (!found.equal) throw new Error(found.differences.join("\n"));
            basis = found.basis;
        });
        const look = await seconds(async () => {
            const { changes } = await mover.unchangedSinceProof();
            if (changes.length > 0) throw new Error(changes.join("\n"));
        });
        const rsync = await seconds(() =>
            command("rsync", "-aHAXS", "--numeric-ids", "--delete", `${source}/`, `${theirs}/`),
        );
        const notes = `live: ${live.toFixed(1)} s; expected: ${expected.ms} ms (${expected.basis}); memory: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB; declined: ${JSON.stringify(await mover.declined())}`;
        process.stdout.write(`${size} files: ${notes}\n`);
        const figures = [pass, flush, proof, look, pass + flush + proof + look];
        return `| ${size} | ${figures.map((figure) => figure.toFixed(2)).join(" | ")} | ${basis} | ${rsync.toFixed(2)} |`;
    } finally {
        await mover.close();
        rmSync(base, { recursive: true, force: true });
    }
}

function write(source: string, at: number, content: string): void {
    const folder = join(source, `folder ${Math.floor(at / perFolder)}`);
    if (at % perFolder === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file ${at}`), `${content} ${at}`);
}

async function seconds(work: () => unknown): Promise<number> {
    const started = performance.now();
    await work();
    return (performance.now() - started) / 1_000;
}

function command(program: string, ...args: string[]): void {
    execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}
