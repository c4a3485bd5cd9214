import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a program to its end. Returns what it printed; when it fails, the error says what it said last. */
export async function run(program: string, ...args: string[]): Promise<string> {
    try {
        return (await execute(program, args, { maxBuffer: 64 << 20 })).stdout.trim();
    } catch (error) {
        const { stderr = "", message } = error as { stderr?: string; message: string };
        throw new Error(
            [message.split("\n")[0], ...stderr.trim().split("\n").slice(-8)].join("\n"),
        );
    }
}

/**
 * Starts a container that ends when its standard input does: however this process ends, nothing stays behind. Resolves
 * when it says that it is ready.
 */
export function startAttached(name: string, ...args: string[]): Promise<void> {
    const argv = ["run", "--rm", "--interactive", "--name", name, ...args];
    const child = spawn("docker", argv, { stdio: ["pipe", "pipe", "pipe"] });
    let complaints = "";
    child.stderr.on("data", (chunk: Buffer) => {
        complaints = (complaints + chunk).slice(-2_000);
    });
    child.stdin.on("error", () => {});
    return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", () => reject(new Error(`${name} ended: ${complaints.trim()}`)));
        child.stdout.on("data", (chunk: Buffer) => {
            if (chunk.includes("ready")) resolve();
        });
    });
}
