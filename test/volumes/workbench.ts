import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Progress, Reporter } from "../../provider/engine/progress.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
import type { MoverOptions, Proof } from "../../provider/volumes/mover.js";

/** What a mover told while it worked. */
export class RecordingReporter implements Reporter {
    readonly statuses: { message: string; progress?: Progress }[] = [];
    readonly infos: string[] = [];
    readonly warnings: string[] = [];
    status(message: string, progress?: Progress): void {
        this.statuses.push(progress ? { message, progress } : { message });
    }
    info(message: string): void {
        this.infos.push(message);
    }
    warn(message: string): void {
        this.warnings.push(message);
    }
}

/** Two directories of one test, and everything that has to be undone after it. */
export class Workbench {
    readonly base = mkdtempSync(join(tmpdir(), "cutover-volumes-"));
    readonly source = join(this.base, "source");
    readonly destination = join(this.base, "destination");
    readonly reporter = new RecordingReporter();
    private readonly undo: (() => void)[] = [];
    private readonly movers: LocalMover[] = [];

    constructor() {
        mkdirSync(this.source);
        mkdirSync(this.destination);
    }

    mover(options: Partial<MoverOptions> = {}): LocalMover {
        const all = {
            source: this.source,
            destination: this.destination,
            reporter: this.reporter,
            signal: new AbortController().signal,
            ...options,
        };
        const mover = new LocalMover(all, execaRunner);
        this.movers.push(mover);
        return mover;
    }

    /** A file system of its own on a loop device, mounted at a new folder, with folders in it. */
    mount(kind: "xfs" | "btrfs" | "ext4", size: string): string {
        const image = join(this.base, `${kind}-${this.undo.length}.img`);
        const at = join(this.base, `${kind}-${this.undo.length}`);
        mkdirSync(at);
        run("truncate", "-s", size, image);
        run(
            `mkfs.${kind}`,
            ...(kind === "ext4" ? ["-q", "-F"] : kind === "xfs" ? ["-q", "-f"] : ["-q", "-f"]),
            image,
        );
        run("mount", "-o", "loop", image, at);
        this.undo.push(() => {
            run("umount", at);
            rmSync(image, { force: true });
        });
        return at;
    }

    onCleanUp(undo: () => void): void {
        this.undo.push(undo);
    }

    async cleanUp(): Promise<void> {
        for (const mover of this.movers) await mover.close();
        for (const undo of this.undo.reverse()) undo();
        run("rm", "-rf", "--one-file-system", this.base);
    }
}

/** Runs a command and returns what it printed. */
export function run(program: string, ...args: string[]): string {
    return execFileSync(program, args, {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 1 << 28,
    });
}

/** Runs a Python program with arguments. */
export function python(program: string, ...args: string[]): string {
    return run("python3", "-c", program, ...args);
}

/** What a proof said, for the message of a failed assertion. */
export function verdict(proof: Proof): string {
    return proof.equal ? "equal" : proof.differences.join("\n");
}
