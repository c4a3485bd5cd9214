/** A command as data: argv, never a shell string. Nothing secret is in it. */
export interface Command {
    argv: readonly [string, ...string[]];
    /** What the command reads; also the way for anything secret. */
    stdin?: string | Uint8Array;
    /** Added to the environment. */
    env?: Readonly<Record<string, string>>;
    /** Milliseconds until it is ended. @default none */
    timeout?: number;
}

export interface CommandResult {
    exitCode: number;
    stdout: string;
    stderr: string;
}

/** Runs commands; the one place is `execa.ts`, and tests hand in their own. */
export interface CommandRunner {
    /** Resolves with whatever exit code; rejects only when it could not be started, timed out or was aborted. */
    run(command: Command, signal?: AbortSignal): Promise<CommandResult>;
    /** Starts it and hands over its streams: for followers and movers. */
    start(command: Command, signal?: AbortSignal): RunningCommand;
}

export interface RunningCommand {
    stdin: NodeJS.WritableStream;
    stdout: NodeJS.ReadableStream;
    stderr: NodeJS.ReadableStream;
    /** Resolves at the end, with whatever exit code (128 + signal where a signal ended it). */
    ended: Promise<{ exitCode: number }>;
    kill(signal?: NodeJS.Signals): void;
}
