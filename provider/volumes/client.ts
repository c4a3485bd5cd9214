import { CutoverError } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import type { RunningCommand } from "../platforms/commands.js";
import type { Declined, Measure, Mover, PassReport, Proof, Settled, VerifyLevel } from "./mover.js";
import type { LinkReport } from "./remote/link-speed.js";
import { LineCollector } from "./tool.js";
import { fromWireError, type Method, type Reply, readLines } from "./wire.js";

interface Waiting {
    method: Method;
    resolve: (result: unknown) => void;
    reject: (error: unknown) => void;
}

/**
 * A mover at the other end of a process's streams (`serveMover` there). When the process ends in the middle of a call, the
 * call rejects with its exit code and last lines; when the signal aborts, its input is closed, which ends it.
 */
export function moverClient(
    child: RunningCommand,
    options: { reporter: Reporter; signal: AbortSignal },
): Mover {
    return new MoverClient(child, options.reporter, options.signal);
}

class MoverClient implements Mover {
    private readonly waiting = new Map<number, Waiting>();
    private readonly complaints = new LineCollector(200);
    private nextId = 1;
    /** Why no call can be answered any more. */
    private over: unknown;

    constructor(
        private readonly child: RunningCommand,
        private readonly reporter: Reporter,
        signal: AbortSignal,
    ) {
        child.stderr.on("data", (chunk: Buffer) => this.complaints.push(Buffer.from(chunk)));
        readLines(
            child.stdout,
            (line) => this.reply(line),
            () => {},
        );
        const abort = () => {
            this.fail(signal.reason);
            child.stdin.end();
        };
        if (signal.aborted) abort();
        else signal.addEventListener("abort", abort, { once: true });
        child.ended.then(
            ({ exitCode }) => this.fail(this.died(exitCode)),
            (error: unknown) =>
                this.fail(new CutoverError("the mover could not be started", { cause: error })),
        );
    }

    measure(side: "source" | "destination"): Promise<Measure> {
        return this.call("measure", side);
    }
    livePass(): Promise<PassReport> {
        return this.call("livePass");
    }
    verifySettled(): Promise<Settled> {
        return this.call("verifySettled");
    }
    expectLastPass(): Promise<{ ms: number; basis: string }> {
        return this.call("expectLastPass");
    }
    lastPass(): Promise<PassReport> {
        return this.call("lastPass");
    }
    async flush(): Promise<void> {
        await this.call("flush");
    }
    prove(level: VerifyLevel): Promise<Proof> {
        return this.call("prove", level);
    }
    unchangedSinceProof(): Promise<{ unchanged: boolean; changes: string[] }> {
        return this.call("unchangedSinceProof");
    }
    fingerprint(side: "source" | "destination"): Promise<string> {
        return this.call("fingerprint", side);
    }
    declined(): Promise<Declined[]> {
        return this.call("declined");
    }
    async link(): Promise<LinkReport | undefined> {
        return (await this.call<LinkReport | null>("link")) ?? undefined;
    }

    /** By its standard input: what `docker inspect` shows never holds it. */
    async unlock(identity: string): Promise<void> {
        await this.call("unlock", identity);
    }

    /** Closing its input ends it, whatever it does; a mover that died already is closed. */
    async close(): Promise<void> {
        this.child.stdin.end();
        await this.child.ended.catch(() => {});
    }

    private call<Result>(method: Method, ...args: unknown[]): Promise<Result> {
        if (this.over) return Promise.reject(this.over);
        const id = this.nextId++;
        return new Promise<Result>((resolve, reject) => {
            this.waiting.set(id, { method, resolve: resolve as (result: unknown) => void, reject });
            this.child.stdin.write(`${JSON.stringify({ id, method, args })}\n`);
        });
    }

    private reply(line: string): void {
        const reply = parseReply(line);
        if (!reply) {
            this.complaints.push(Buffer.from(`${line.slice(0, 500)}\n`));
        } else if ("status" in reply) this.reporter.status(reply.status, reply.progress);
        else if ("info" in reply) this.reporter.info(reply.info);
        else if ("warn" in reply) this.reporter.warn(reply.warn);
        else {
            const waiting = this.waiting.get(reply.id);
            this.waiting.delete(reply.id);
            if ("error" in reply) waiting?.reject(fromWireError(reply.error));
            else waiting?.resolve(reply.result);
        }
    }

    private died(exitCode: number): CutoverError {
        const methods = [...this.waiting.values()].map(({ method }) => method);
        const during = methods.length ? ` during ${methods.join(", ")}` : "";
        return new CutoverError(`the mover ended${during}`, {
            exitCode,
            lastLines: this.complaints.end().slice(-8),
            next: "run it again: what is copied already is not copied again",
        });
    }

    private fail(error: unknown): void {
        this.over ??= error;
        for (const { reject } of this.waiting.values()) reject(this.over);
        this.waiting.clear();
    }
}

function parseReply(line: string): Reply | undefined {
    try {
        const value: unknown = JSON.parse(line);
        return typeof value === "object" && value !== null ? (value as Reply) : undefined;
    } catch {
        return undefined;
    }
}
