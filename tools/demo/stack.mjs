// The demo's stack: the example's program in a folder of its own, with a backend of its own.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stateFolder } from "../cache.mjs";
import { ask, CommandFailure, run } from "../command.mjs";
import { root } from "../setup.mjs";

const PROJECT = "docker-blue-green";
const ENVIRONMENT = "calendar";

/** Where stacks are that run, or that could not be cleaned up. */
function folder() {
    return join(stateFolder(), "demo");
}

/** @returns {string[]} */
export function stacksLeft() {
    return existsSync(folder()) ? readdirSync(folder()) : [];
}

export class DemoStack {
    #folder;
    #program;
    #env;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #child;
    interrupted = false;

    /** @param {string} name */
    constructor(name) {
        this.name = name;
        this.#folder = join(folder(), name);
        this.#program = join(this.#folder, "program");
        this.#env = {
            ...process.env,
            PULUMI_BACKEND_URL: pathToFileURL(join(this.#folder, "backend")).href,
            PULUMI_CONFIG_PASSPHRASE: "demo",
        };
    }

    /** @param {Record<string, string>} config */
    async create(config) {
        mkdirSync(join(this.#folder, "backend"), { recursive: true });
        cpSync(join(root, "examples", PROJECT), this.#program, { recursive: true });
        symlinkSync(join(root, "node_modules"), join(this.#program, "node_modules"));
        await this.pulumi(["stack", "init", this.name]);
        for (const [key, value] of Object.entries(config)) await this.configure(key, value);
    }

    /**
     * @param {string} key
     * @param {string} value
     */
    configure(key, value) {
        return this.pulumi(["config", "set", key, value]);
    }

    /** @returns {Promise<{ url: string, active: string, volumes: Record<string, { bySlot: Record<string, string> }>, report: { freeze?: { seconds: number, held: number, cut: number } } }>} */
    async outputs() {
        return JSON.parse(await this.pulumi(["stack", "output", "--json"]));
    }

    /**
     * Runs the CLI in a process group of its own: Ctrl-C is for us, and we pass it on.
     *
     * @param {string[]} args
     * @param {(line: string) => void} [onLine]
     * @returns {Promise<string>} what it printed
     */
    pulumi(args, onLine) {
        const argv = [...args, "--non-interactive", "--color", "never"];
        return new Promise((resolve, reject) => {
            const child = spawn("pulumi", argv, {
                cwd: this.#program,
                env: this.#env,
                detached: true,
                stdio: ["ignore", "pipe", "pipe"],
            });
            this.#child = child;
            let output = "";
            let rest = "";
            const read = (/** @type {string} */ chunk) => {
                output += chunk;
                const lines = `${rest}${chunk}`.split("\n");
                rest = lines.pop() ?? "";
                if (onLine) for (const line of lines) onLine(line);
            };
            child.stdout.setEncoding("utf8").on("data", read);
            child.stderr.setEncoding("utf8").on("data", read);
            child.on("error", reject);
            child.on("close", (code) => {
                this.#child = undefined;
                if (code === 0) resolve(output);
                else
                    reject(
                        new CommandFailure(
                            `pulumi ${args.join(" ")} ended with ${code}:\n${output}`,
                            output,
                        ),
                    );
            });
        });
    }

    /** Ends the command that runs, as Ctrl-C would; the next one waits for it. */
    async interrupt() {
        this.interrupted = true;
        const child = this.#child;
        if (!child) return;
        const ended = new Promise((resolve) => child.once("close", resolve));
        child.kill("SIGINT");
        await ended;
    }

    /** Removes the stack and all that carries its name, data volumes included. Nothing to do is fine. */
    async remove() {
        if (existsSync(this.#program)) {
            await this.pulumi(["cancel", "--yes", this.name]).catch(() => {});
            await this.pulumi(["destroy", "--yes", "--skip-preview"]);
        }
        const label = `label=cutover.prefix=${PROJECT}-${this.name}-${ENVIRONMENT}`;
        await removeAll(["ps", "--all", "--quiet", "--filter", label], ["rm", "--force"]);
        await removeAll(["volume", "ls", "--quiet", "--filter", label], ["volume", "rm"]);
        await removeAll(["network", "ls", "--quiet", "--filter", label], ["network", "rm"]);
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

/**
 * @param {string[]} list
 * @param {string[]} remove
 */
async function removeAll(list, remove) {
    const ids = ((await ask("docker", list)) ?? "").split("\n").filter(Boolean);
    if (ids.length > 0) await run("docker", [...remove, ...ids]);
}
