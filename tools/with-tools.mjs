// node tools/with-tools.mjs [--node-only] COMMAND ARGUMENT…
// Runs a command with the tools in place; --node-only leaves Docker and Pulumi out.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { reportFailure } from "./failure.mjs";
import { root, setUp } from "./setup.mjs";

const nodeOnly = process.argv[2] === "--node-only";
const [command, ...args] = process.argv.slice(nodeOnly ? 3 : 2);

if (!command) {
    process.stderr.write("usage: node tools/with-tools.mjs [--node-only] COMMAND ARGUMENT…\n");
    process.exitCode = 2;
} else {
    try {
        const variables = await setUp({ nodeOnly });
        const path = `${join(root, "node_modules", ".bin")}:${variables.PATH}`;
        hand(command, args, { ...process.env, ...variables, PATH: path });
    } catch (error) {
        reportFailure(error);
    }
}

/**
 * Becomes the command, as far as that goes: its terminal, its signals, its end.
 *
 * @param {string} file
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 */
function hand(file, argv, env) {
    const child = spawn(file, argv, { stdio: "inherit", env });
    // Ctrl-C reaches the whole process group: we wait for the child's own end.
    process.on("SIGINT", () => {});
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    process.on("SIGHUP", () => child.kill("SIGHUP"));
    child.on("error", reportFailure);
    child.on("close", (code, signal) => {
        process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
    });
}
