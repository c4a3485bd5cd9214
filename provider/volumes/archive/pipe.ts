import { once } from "node:events";
import type { CommandRunner, RunningCommand } from "../../platforms/commands.js";
import { LineCollector, type ToolCall, toolFailure } from "../tool.js";

/** A tool in a chain: what goes in, what comes out, and how it ended. */
export class Pipe {
    private readonly complaints = new LineCollector(200);
    private over = false;
    private exitCode: number | undefined;

    private constructor(
        private readonly call: ToolCall,
        private readonly child: RunningCommand,
    ) {
        child.stderr.on("data", (chunk: Buffer) => this.complaints.push(chunk));
        child.ended.then(
            ({ exitCode }) => {
                this.exitCode = exitCode;
                this.over = true;
            },
            () => {
                this.over = true;
            },
        );
    }

    /** Its input stays open, unless the call has one. */
    static start(runner: CommandRunner, call: ToolCall, signal: AbortSignal): Pipe {
        signal.throwIfAborted();
        const env = { LC_ALL: "C", LANGUAGE: "C" };
        return new Pipe(call, runner.start({ ...call, env }, signal));
    }

    get output(): AsyncIterable<Buffer> {
        return this.child.stdout as AsyncIterable<Buffer>;
    }

    /** Resolves when there is room for more; what a tool that ended is given is lost, and `ended` tells why. */
    async write(bytes: Buffer): Promise<void> {
        if (this.over || this.child.stdin.write(bytes)) return;
        const waiting = new AbortController();
        const ended = this.child.ended.catch(() => {});
        // A broken pipe is the end of the tool: it says itself why.
        const drained = once(this.child.stdin, "drain", { signal: waiting.signal }).catch(
            () => ended,
        );
        await Promise.race([drained, ended]);
        waiting.abort();
    }

    closeInput(): void {
        this.child.stdin.end();
    }

    kill(): void {
        this.child.kill("SIGKILL");
    }

    /** How it ended: its exit code and what it complained of. */
    async ended(): Promise<{ exitCode: number; complaints: string[] }> {
        const { exitCode } = await this.child.ended;
        return { exitCode, complaints: this.complaints.end() };
    }

    /** Whether it ended, and not well. */
    get failed(): boolean {
        return this.over && this.exitCode !== 0;
    }

    /** @throws CutoverError with `problem` where it did not end well. */
    async mustEnd(problem: string): Promise<void> {
        const result = await this.ended();
        if (result.exitCode !== 0) throw toolFailure(problem, this.call, result);
    }
}
