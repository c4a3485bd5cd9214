import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command, CommandResult, CommandRunner, RunningCommand } from "./commands.js";

/** Why a command never got as far as an exit code. */
export class CommandNotRun extends Error {
    override readonly name = "CommandNotRun";
}

/** The one place that starts processes. */
export const execaRunner: CommandRunner = {
    async run(command, signal): Promise<CommandResult> {
        const { execa } = await import("execa");
        const [program, ...args] = command.argv;
        const result = await execa(program, args, {
            ...(command.stdin === undefined
                ? { stdin: "ignore" as const }
                : { input: command.stdin }),
            ...(command.env ? { env: command.env } : {}),
            ...(command.timeout ? { timeout: command.timeout } : {}),
            ...(signal ? { cancelSignal: signal } : {}),
            reject: false,
            stripFinalNewline: false,
            maxBuffer: 256 * 1024 * 1024,
        });
        if (result.isCanceled) throw signal?.reason ?? new CommandNotRun("cancelled");
        if (result.timedOut)
            throw new CommandNotRun(`${program} did not end within ${command.timeout} ms`);
        if (result.exitCode === undefined && result.signal === undefined) {
            throw new CommandNotRun(
                `${program} could not be started: ${result.code ?? result.shortMessage}`,
            );
        }
        return {
            exitCode: result.exitCode ?? afterSignal(result.signal),
            stdout: result.stdout,
            stderr: result.stderr,
        };
    },

    start,
};

/** Node's own spawn: execa is ESM only and so arrives later, and the streams are needed at once. */
function start(command: Command, signal?: AbortSignal): RunningCommand {
    const [program, ...args] = command.argv;
    const child = spawn(program, args, {
        env: { ...process.env, ...command.env },
        stdio: ["pipe", "pipe", "pipe"],
        ...(signal ? { signal } : {}),
    });
    child.stdin.on("error", () => {});
    if (command.stdin !== undefined) child.stdin.end(command.stdin);
    const ended = new Promise<{ exitCode: number }>((resolve, reject) => {
        child.once("error", (error) =>
            reject(
                new CommandNotRun(`${program} could not be started: ${error.message}`, {
                    cause: error,
                }),
            ),
        );
        child.once("close", (code, killedBy) =>
            resolve({ exitCode: code ?? afterSignal(killedBy) }),
        );
    });
    ended.catch(() => {});
    return {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        ended,
        kill: (how) => {
            child.kill(how);
        },
    };
}

/** As a shell has it: 128 and the signal's number. */
function afterSignal(signal: string | null | undefined): number {
    const number = constants.signals[signal as NodeJS.Signals];
    return 128 + (number ?? 0);
}
