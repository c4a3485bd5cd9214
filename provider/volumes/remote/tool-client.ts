import { connect } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { createInflateRaw } from "node:zlib";
import type {
    Command,
    CommandResult,
    CommandRunner,
    RunningCommand,
} from "../../platforms/commands.js";
import { FrameChannel, frames, LinkLost } from "./frames.js";
import type { RemoteCall, RemoteEnd } from "./tool-server.js";

/** Opens one connection to the tools of the other host. */
export type Connect = () => Duplex;

/** By a socket's path, behind which the runner carries every connection to the other host. */
export function connectTo(path: string): Connect {
    return () => connect(path);
}

/**
 * The tools of another host, run as if they were here: one connection each. What is lost on the way rejects with
 * `LinkLost`, never with an exit code.
 * @param deflate true to have standard output compressed: lists, not data
 */
export class RemoteTools implements CommandRunner {
    constructor(
        private readonly connect: Connect,
        private readonly deflate = false,
    ) {}

    async run(command: Command, signal?: AbortSignal): Promise<CommandResult> {
        const child = this.start({ ...command, stdin: command.stdin ?? "" }, signal);
        const out: Buffer[] = [];
        const err: Buffer[] = [];
        child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
        const { exitCode } = await child.ended;
        const text = (parts: Buffer[]) => Buffer.concat(parts).toString();
        return { exitCode, stdout: text(out), stderr: text(err) };
    }

    start(command: Command, signal?: AbortSignal): RunningCommand {
        return new RemoteCommand(this.connect(), command, this.deflate, signal).running();
    }
}

class RemoteCommand {
    private readonly stdin = new PassThrough();
    private readonly stdout = new PassThrough();
    private readonly stderr = new PassThrough();
    private readonly raw: PassThrough;
    private readonly channel: FrameChannel;
    private end: RemoteEnd | undefined;
    /** Anything arrived of its standard output. */
    private said = false;
    private settle: { resolve: (end: { exitCode: number }) => void; reject: (e: unknown) => void };
    private readonly ended: Promise<{ exitCode: number }>;

    constructor(
        stream: Duplex,
        command: Command,
        deflate: boolean,
        private readonly signal?: AbortSignal,
    ) {
        this.settle = { resolve: () => {}, reject: () => {} };
        this.ended = new Promise((resolve, reject) => {
            this.settle = { resolve, reject };
        });
        this.ended.catch(() => {});
        this.raw = this.outputOf(deflate);
        this.channel = new FrameChannel(stream, {
            bytes: (type, piece) => this.bytes(type === frames.stderr, piece),
            message: (type, payload) => this.message(type, payload),
            over: (error) => this.over(error),
        });
        const call: RemoteCall = { argv: [...command.argv], deflate };
        void this.channel.sendJson(frames.call, call);
        if (command.stdin !== undefined) this.stdin.end(command.stdin);
        void this.sendInput();
        signal?.addEventListener("abort", this.abort, { once: true });
        if (signal?.aborted) this.abort();
    }

    running(): RunningCommand {
        const { stdin, stdout, stderr, ended } = this;
        return { stdin, stdout, stderr, ended, kill: () => void this.channel.send(frames.kill) };
    }

    private readonly abort = () => {
        this.channel.destroy(new LinkLost("given up"));
    };

    private outputOf(deflate: boolean): PassThrough {
        if (!deflate) return this.stdout;
        const raw = new PassThrough();
        const inflate = createInflateRaw();
        // A tool that could not be started has said nothing, which is no deflated stream either.
        inflate.on("error", () => {
            this.settle.reject(new LinkLost("a list arrived damaged"));
            this.channel.destroy();
            this.stdout.destroy();
        });
        raw.pipe(inflate).pipe(this.stdout);
        return raw;
    }

    private async sendInput(): Promise<void> {
        try {
            for await (const chunk of this.stdin)
                await this.channel.send(frames.stdin, chunk as Buffer);
            await this.channel.send(frames.stdinEnd);
        } catch {
            // The tool ended before it had read all.
        }
    }

    private bytes(isError: boolean, piece: Buffer): boolean {
        const into = isError ? this.stderr : this.raw;
        if (!isError) this.said = true;
        if (into.write(piece)) return true;
        into.once("drain", () => this.channel.resume());
        return false;
    }

    private message(type: number, payload: Buffer): void {
        if (type !== frames.ended) return;
        try {
            this.end = JSON.parse(payload.toString()) as RemoteEnd;
        } catch {
            this.channel.destroy(new LinkLost("the other host sent what is no message"));
            return;
        }
        this.channel.finish();
    }

    private over(error: Error | undefined): void {
        this.signal?.removeEventListener("abort", this.abort);
        this.stdin.destroy();
        if (!this.end) {
            const lost = error instanceof LinkLost ? error : lostBy(error);
            this.settle.reject(lost);
            this.stderr.end();
            this.stdout.destroy();
            return;
        }
        const { exitCode } = this.end;
        this.stderr.end();
        // As with a process: it has ended when all that it said is read.
        this.stdout.once("close", () => this.settle.resolve({ exitCode }));
        this.stdout.once("end", () => this.settle.resolve({ exitCode }));
        if (this.raw !== this.stdout && !this.said) this.stdout.end();
        else this.raw.end();
    }
}

function lostBy(error: Error | undefined): LinkLost {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    return new LinkLost(`the connection to the other host broke${code ? ` (${code})` : ""}`);
}
