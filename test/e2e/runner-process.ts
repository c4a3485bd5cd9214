import { readdirSync, readFileSync, watch } from "node:fs";
import { setPriority } from "node:os";
import { dirname } from "node:path";
import { docker } from "./stack.js";

/** A line of a journal. */
export interface Line {
    kind: string;
    job: string;
    step?: string;
    data?: unknown;
}

/** The steps of a hand-over, in their order. */
export const handOverSteps = [
    "prepare",
    "copy",
    "hold",
    "drain",
    "stop",
    "last-pass",
    "start",
    "commit",
    "weights",
    "release",
    "settle",
    "close",
] as const;

/** The line with which a step begins. */
export const startOf =
    (step: string) =>
    (line: Line): boolean =>
        line.kind === "start" && line.step === step;

/**
 * The runner of one environment, seen from its own machine: its journal as it is being written, and its process. A line
 * is seen before its sync to disk ends, so a process that is stopped at it has done nothing of what follows.
 */
export class RunnerProcess {
    private lastPid = 0;

    private constructor(
        private readonly container: string,
        private readonly file: string,
        private readonly docker: (...args: string[]) => Promise<string>,
    ) {}

    /** @param run `docker` on the engine that has it */
    static async of(prefix: string, run = docker): Promise<RunnerProcess> {
        const volume = `${prefix}-journal`;
        const folder = await run("volume", "inspect", "--format", "{{.Mountpoint}}", volume);
        return new RunnerProcess(`${prefix}-runner`, `${folder}/journal.jsonl`, run);
    }

    lines(): Line[] {
        const text = readFileSync(this.file, "utf8");
        return linesIn(text.slice(0, text.lastIndexOf("\n") + 1));
    }

    /** Those of the last job. */
    job(): Line[] {
        const lines = this.lines();
        const last = lines.at(-1)?.job;
        return lines.filter(({ job }) => job === last);
    }

    jobs(): number {
        return this.lines().filter(({ kind }) => kind === "open").length;
    }

    /** Resolves with the first line from now on that fits. */
    until(fits: (line: Line) => boolean, timeout = 120_000): Promise<Line> {
        let seen = readFileSync(this.file).length;
        return new Promise((resolve, reject) => {
            const look = () => {
                const news = readFileSync(this.file).subarray(seen);
                const whole = news.lastIndexOf("\n") + 1;
                seen += whole;
                const found = linesIn(news.toString("utf8", 0, whole)).find(fits);
                if (found === undefined) return;
                stop();
                resolve(found);
            };
            const watcher = watch(dirname(this.file), look);
            const late = setTimeout(() => {
                stop();
                reject(new Error(`the journal says no such thing:\n${this.tail()}`));
            }, timeout);
            const stop = () => {
                watcher.close();
                clearTimeout(late);
            };
        });
    }

    /** SIGSTOP at the first line from now on that fits; resolves with the last line that it wrote. */
    async freezeAt(fits: (line: Line) => boolean): Promise<Line | undefined> {
        const reached = hurriedly(() => this.until(fits));
        reached.catch(() => {});
        await Promise.race([this.untilItRuns(), reached]);
        await reached;
        this.signal("SIGSTOP");
        return this.lines().at(-1);
    }

    signal(name: NodeJS.Signals): void {
        process.kill(this.lastPid, name);
    }

    /** Until another process than the last one is there. */
    private async untilItRuns(): Promise<void> {
        for (;;) {
            const format = "{{.State.Pid}}";
            const pid = Number(
                await this.docker("inspect", "--format", format, this.container).catch(() => "0"),
            );
            if (pid > 0 && pid !== this.lastPid) {
                this.lastPid = pid;
                return;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    private tail(): string {
        return this.lines()
            .slice(-12)
            .map(({ kind, step }) => `${kind} ${step ?? ""}`)
            .join("\n");
    }
}

function linesIn(text: string): Line[] {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as Line);
}

let hurries = 0;

/** Whoever is to stop a process in the middle of a step must not wait for a turn on a busy machine. */
async function hurriedly<T>(work: () => Promise<T>): Promise<T> {
    if (hurries++ === 0) setPriority(-15);
    try {
        return await work();
    } finally {
        if (--hurries === 0) setPriority(0);
    }
}

/** A process and all that descend from it, whatever their groups are. */
export function processTree(pid: number): number[] {
    const children = new Map<number, number[]>();
    for (const name of readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        const parent = parentOf(name);
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
    const tree = [pid];
    for (const one of tree) tree.push(...(children.get(one) ?? []));
    return tree;
}

function parentOf(pid: string): number {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
        return 0;
    }
}

/** Processes in whose command line a text is. */
export function processesOf(text: string): number[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(text))
        .map(Number);
}

function commandLine(pid: string): string {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
        return "";
    }
}

export function signalAll(pids: readonly number[], name: NodeJS.Signals): void {
    for (const pid of pids) {
        try {
            process.kill(pid, name);
        } catch {
            // It ended meanwhile.
        }
    }
}
