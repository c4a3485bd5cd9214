import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A command that did not end with 0. Its message carries the lines that name the cause. */
export class CommandFailure extends Error {
    /**
     * @param {string} message
     * @param {string} output everything it printed, cut to the end
     */
    constructor(message, output) {
        super(message);
        this.name = "CommandFailure";
        this.output = output;
    }
}

const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs a command and returns what it wrote to stdout. Nothing reaches our own stdout, which belongs
 * to `shell-env`.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<string>}
 */
export function run(file, args, { cwd, env, timeoutMs } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(file, args, {
            cwd,
            env: env ?? process.env,
            stdio: ["ignore", "pipe", "pipe"],
            timeout: timeoutMs,
            killSignal: "SIGKILL",
        });
        let stdout = "";
        let both = "";
        child.stdout.on("data", (chunk) => {
            stdout += chunk;
            both = `${both}${chunk}`.slice(-KEPT_OUTPUT);
        });
        child.stderr.on("data", (chunk) => {
            both = `${both}${chunk}`.slice(-KEPT_OUTPUT);
        });
        child.on("error", (error) => {
            reject(new CommandFailure(`${file} could not be started: ${error.message}`, ""));
        });
        child.on("close", (code, signal) => {
            if (code === 0) resolve(stdout.trim());
            else reject(new CommandFailure(describeEnd(file, args, code, signal, both), both));
        });
    });
}

/**
 * The same, for questions whose failure is an answer: undefined when the command fails.
 *
 * @param {Parameters<typeof run>} args
 * @returns {Promise<string | undefined>}
 */
export async function ask(...args) {
    try {
        return await run(...args);
    } catch (error) {
        if (error instanceof CommandFailure) return undefined;
        throw error;
    }
}

/**
 * @param {string} file
 * @param {string[]} args
 * @param {number | null} code
 * @param {string | null} signal
 * @param {string} output
 */
function describeEnd(file, args, code, signal, output) {
    const end = signal ? `was ended by ${signal}` : `ended with ${code}`;
    const lines = cutInTheMiddle(output.trim().split("\n")).join("\n");
    return `\`${[file, ...args].join(" ")}\` ${end}${lines ? `:\n${lines}` : ""}`;
}

/**
 * Most commands name the cause at the end; npm names it first, and prints its manual after it.
 *
 * @param {string[]} lines
 */
function cutInTheMiddle(lines) {
    if (lines.length <= 24) return lines;
    return [...lines.slice(0, 12), "…", ...lines.slice(-11)];
}

/**
 * Where a command is on a PATH; undefined when it is not there.
 *
 * @param {string} name
 * @param {string} [path]
 * @returns {string | undefined}
 */
export function which(name, path = process.env.PATH ?? "") {
    for (const folder of path.split(delimiter).filter(Boolean)) {
        const candidate = join(folder, name);
        try {
            accessSync(candidate, constants.X_OK);
            if (statSync(candidate).isFile()) return candidate;
        } catch {
            // not here: the next folder may have it
        }
    }
    return undefined;
}
