import { type Duplex, PassThrough } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import type { CommandRunner, RunningCommand } from "../../platforms/commands.js";
import { FrameChannel, frames } from "./frames.js";
import type { Pace } from "./pace.js";

/** What the other host asks for. */
export interface RemoteCall {
    argv: string[];
    /** Compresses standard output. */
    deflate: boolean;
}

export type RemoteEnd = { exitCode: number };

/** A tool of our own, beside those of the machine. */
export type OwnTool = (
    input: NodeJS.ReadableStream,
    output: NodeJS.WritableStream,
) => Promise<void>;

export interface ToolServer {
    runner: CommandRunner;
    /** By name: `cutover:digest`. */
    own: Readonly<Record<string, OwnTool>>;
    /** The calls of the machine's own tools that may be asked for. @default none */
    allows?: (argv: readonly string[]) => boolean;
    /** Holds back what is sent. */
    pace: Pace;
}

/** Serves one connection: one call, its streams and its end. When the connection ends, so does the tool. */
export function serveTool(stream: Duplex, server: ToolServer): void {
    new ServedCall(stream, server);
}

class ServedCall {
    private readonly channel: FrameChannel;
    private child: RunningCommand | undefined;

    constructor(
        stream: Duplex,
        private readonly server: ToolServer,
    ) {
        this.channel = new FrameChannel(stream, {
            bytes: (_type, piece) => this.input(piece),
            message: (type, payload) => this.message(type, payload),
            over: () => this.child?.kill("SIGKILL"),
        });
    }

    private input(piece: Buffer): boolean {
        const stdin = this.child?.stdin;
        if (!stdin?.writable || stdin.write(piece)) return true;
        const go = () => {
            stdin.off("drain", go).off("close", go);
            this.channel.resume();
        };
        stdin.on("drain", go).on("close", go);
        return false;
    }

    private message(type: number, payload: Buffer): void {
        if (type === frames.stdinEnd) this.child?.stdin.end();
        else if (type === frames.kill) this.child?.kill("SIGTERM");
        else if (type === frames.call && !this.child) this.begin(payload);
    }

    private begin(payload: Buffer): void {
        let call: RemoteCall;
        try {
            call = JSON.parse(payload.toString()) as RemoteCall;
            this.child = this.start(call);
        } catch (error) {
            void this.refuse(error instanceof Error ? error.message : String(error));
            return;
        }
        this.carry(this.child, call).catch((error) => this.refuse(String(error)));
    }

    private start({ argv }: RemoteCall): RunningCommand {
        const [program = ""] = argv;
        const own = this.server.own[program];
        if (own) return runOwn(own);
        if (!this.server.allows?.(argv))
            throw new Error(`this call of ${JSON.stringify(program)} is not made for another host`);
        return this.server.runner.start({
            argv: argv as [string, ...string[]],
            // Their messages are parsed.
            env: { LC_ALL: "C", LANGUAGE: "C" },
        });
    }

    private async carry(child: RunningCommand, { deflate }: RemoteCall): Promise<void> {
        const complaints = this.send(child.stderr, frames.stderr);
        const output = deflate ? child.stdout.pipe(createDeflateRaw({ level: 1 })) : child.stdout;
        await Promise.all([this.send(output, frames.stdout), complaints]);
        const { exitCode } = await child.ended;
        await this.finish({ exitCode });
    }

    private async send(
        stream: NodeJS.ReadableStream,
        type: typeof frames.stdout | typeof frames.stderr,
    ): Promise<void> {
        for await (const chunk of stream) {
            const bytes = chunk as Buffer;
            await this.server.pace.take(bytes.length);
            await this.channel.send(type, bytes);
        }
    }

    private async refuse(message: string): Promise<void> {
        await this.channel.send(frames.stderr, Buffer.from(`${message}\n`));
        await this.finish({ exitCode: 127 });
    }

    private async finish(end: RemoteEnd): Promise<void> {
        await this.channel.sendJson(frames.ended, end);
        this.channel.finish();
    }
}

/** One of our own tools with the streams of a process. */
function runOwn(tool: OwnTool): RunningCommand {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const ended = tool(stdin, stdout)
        .then(() => ({ exitCode: 0 }))
        .catch((error: unknown) => {
            stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
            return { exitCode: 1 };
        })
        .finally(() => {
            stdout.end();
            stderr.end();
        });
    return { stdin, stdout, stderr, ended, kill: () => stdin.destroy() };
}
