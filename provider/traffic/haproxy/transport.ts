import { createConnection } from "node:net";
import { CutoverError, type FailureDetails } from "../../engine/errors.js";
import type { CommandRunner } from "../../platforms/commands.js";

/** Carries one line to HAProxy's runtime API and brings back all it answers. */
export type Transport = (line: string) => Promise<string>;

/** Nothing listens at the socket: the router does not run, or is just starting. */
export class RouterDown extends CutoverError {
    override with(details: FailureDetails): RouterDown {
        const { problem, details: all } = super.with(details);
        return new RouterDown(problem, all);
    }
}

const downCodes = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/**
 * Talks to the socket itself: for the runner, which mounts the router's control folder.
 * @param timeout milliseconds for a whole answer; a router that is stopped (SIGSTOP) never gives one. @default 5000
 */
export function socketTransport(path: string, timeout = 5_000): Transport {
    return (line) =>
        new Promise((resolve, reject) => {
            const socket = createConnection(path);
            const chunks: Buffer[] = [];
            const timer = setTimeout(() => {
                socket.destroy();
                reject(
                    new CutoverError(`the router did not answer within ${timeout} ms`, {
                        command: [line],
                    }),
                );
            }, timeout);
            socket.on("connect", () => socket.end(`${line}\n`));
            socket.on("data", (chunk) => chunks.push(chunk));
            socket.on("error", (cause: NodeJS.ErrnoException) => {
                clearTimeout(timer);
                reject(
                    downCodes.has(cause.code ?? "") ? down(line, cause) : unreachable(line, cause),
                );
            });
            socket.on("end", () => {
                clearTimeout(timer);
                const answer = Buffer.concat(chunks).toString("utf8");
                // Every answer ends with an empty line: an end without any is a router that died meanwhile.
                if (answer.endsWith("\n")) resolve(answer);
                else reject(down(line));
            });
        });
}

/**
 * Talks through a command that carries its stdin to the socket, for whoever cannot open it.
 * @example commandTransport(commands, ["docker", "exec", "-i", router, "socat", "-t10", "-", "UNIX-CONNECT:/cutover/haproxy.sock"])
 */
export function commandTransport(
    commands: CommandRunner,
    argv: readonly [string, ...string[]],
): Transport {
    return async (line) => {
        const { exitCode, stdout, stderr } = await commands.run({
            argv,
            stdin: `${line}\n`,
            timeout: 10_000,
        });
        if (exitCode === 0 && stdout.endsWith("\n")) return stdout;
        throw new RouterDown("the router's socket cannot be reached", {
            command: argv,
            exitCode,
            lastLines: stderr.trim().split("\n").slice(-5),
        });
    };
}

function down(line: string, cause?: unknown): RouterDown {
    return new RouterDown("the router does not run: nothing answers at its socket", {
        command: [line],
        cause,
    });
}

function unreachable(line: string, cause: Error): CutoverError {
    return new CutoverError(`the router's socket cannot be used: ${cause.message}`, {
        command: [line],
        cause,
    });
}
