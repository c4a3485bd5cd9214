import type { CommandRunner, RunningCommand } from "../platforms/commands.js";
import { type BytePath, nulSeparated } from "./names.js";
import { LineCollector } from "./tool.js";
import { watchCalls, watchScript } from "./watch-script.js";

/** More names than this are no "little that changed": a look at every name is cheaper then, and needs less memory. */
const mostNames = 200_000;

/**
 * Names of one side that something happened to since the watch began, true where anything may have happened below a name.
 * Stores through a mapping are told when the file is closed by the last that had it open: a writer that has ended.
 */
export type Touched = Map<BytePath, boolean>;

/** A watch on every folder of one side, by the kernel. It tells names; what happened to them is for `lstat` to say. */
export class ChangeWatch {
    /** What was touched, as far as it was told: `settle` first. */
    readonly touched: Touched = new Map();
    private failure: string | undefined;
    private rest: Buffer = Buffer.alloc(0);
    private readonly questions: (() => void)[] = [];
    private begin: () => void = () => {};
    private readonly complaints = new LineCollector(20);

    private constructor(
        private readonly child: RunningCommand,
        private readonly folders: readonly BytePath[],
    ) {
        child.stderr.on("data", (chunk: Buffer) => this.complaints.push(chunk));
        child.stdout.on("data", (chunk: Buffer) => this.read(chunk));
        child.ended.then(
            ({ exitCode }) => this.fail(`the watch ended (${this.lastWords(exitCode)})`),
            (error: unknown) => this.fail(error instanceof Error ? error.message : String(error)),
        );
    }

    /**
     * Sets the watch; resolves when it holds, or has failed.
     * @param folders of the side, parents first: by their order it is certain that a folder that was renamed meanwhile is told
     */
    static async open(
        runner: CommandRunner,
        root: string,
        folders: readonly BytePath[],
        signal: AbortSignal,
    ): Promise<ChangeWatch> {
        const calls = watchCalls[process.arch];
        const numbers = (calls ?? [0, 0]).map(String);
        const child = runner.start({ argv: ["perl", "-e", watchScript, ...numbers] }, signal);
        const watch = new ChangeWatch(child, folders);
        if (!calls) watch.fail(`how to watch is not known on ${process.arch}`);
        const prefix = Buffer.from(root, "utf8").toString("latin1");
        const began = new Promise<void>((resolve) => {
            watch.begin = resolve;
            if (watch.failure !== undefined) resolve();
        });
        const paths = folders.map((path) => (path === "" ? prefix : `${prefix}/${path}`));
        child.stdin.write(nulSeparated([...paths, ""]));
        await began;
        return watch;
    }

    /** Why the watch is worth nothing, once it is. */
    get broken(): string | undefined {
        return this.failure;
    }

    /** Resolves when everything that happened before the call has been told, or the watch is broken. */
    async settle(): Promise<void> {
        if (this.failure !== undefined) return;
        await new Promise<void>((resolve) => {
            this.questions.push(resolve);
            this.child.stdin.write("\n");
        });
    }

    /** What was told cannot be all. */
    distrust(reason: string): void {
        this.fail(reason);
    }

    close(): void {
        this.fail("the watch was closed");
    }

    private read(chunk: Buffer): void {
        const buffer = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
        let start = 0;
        for (let end = buffer.indexOf(0); end >= 0; end = buffer.indexOf(0, start)) {
            this.told(buffer.toString("latin1", start, end));
            start = end + 1;
        }
        this.rest = Buffer.from(buffer.subarray(start));
    }

    private told(record: string): void {
        const kind = record[0];
        if (kind === "E") this.event(record);
        else if (kind === "S") this.questions.shift()?.();
        else if (kind === "R") this.begin();
        else this.fail(record.slice(2));
    }

    private event(record: string): void {
        const found = /^E (\d+) ([01]) (.*)$/s.exec(record);
        const folder = found ? this.folders[Number(found[1])] : undefined;
        if (!found || folder === undefined) {
            this.fail("the watch told something of another form");
            return;
        }
        const name = found[3] as string;
        const path = name === "" ? folder : folder === "" ? name : `${folder}/${name}`;
        this.touched.set(path, found[2] === "1" || (this.touched.get(path) ?? false));
        if (this.touched.size > mostNames) this.fail(`more than ${mostNames} names were touched`);
    }

    private lastWords(exitCode: number): string {
        return this.complaints.end().at(-1) ?? `exit code ${exitCode}`;
    }

    private fail(reason: string): void {
        if (this.failure === undefined) {
            this.failure = reason;
            this.child.stdin.end();
            this.child.kill("SIGKILL");
        }
        this.begin();
        for (const answer of this.questions.splice(0)) answer();
    }
}
