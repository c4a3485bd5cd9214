import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..");

export interface PulumiResult {
    exitCode: number;
    /** Both streams. */
    output: string;
    seconds: number;
}

/** A real Pulumi stack in a folder of its own, with a backend of its own: the CLI is the only way in. */
export class TestStack {
    readonly project: string;
    readonly stack = "test";
    readonly folder: string;
    /** Of the CLI; a test may change it. */
    readonly env: NodeJS.ProcessEnv;

    /** @param program text of index.ts; `pulumi-cutover` is the built package */
    constructor(program: string, { project = unique("t") }: { project?: string } = {}) {
        this.project = project;
        this.folder = mkdtempSync(join(tmpdir(), `${project}-`));
        const backend = join(this.folder, "backend");
        mkdirSync(backend);
        symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
        this.write(
            "Pulumi.yaml",
            `name: ${project}\nruntime: nodejs\nbackend:\n  url: file://${backend}\n`,
        );
        this.write("package.json", JSON.stringify({ name: project, main: "index.ts" }));
        this.write(
            "tsconfig.json",
            JSON.stringify({
                compilerOptions: {
                    module: "commonjs",
                    moduleResolution: "bundler",
                    target: "es2022",
                    strict: true,
                    skipLibCheck: true,
                },
            }),
        );
        this.program(program);
        this.env = {
            ...process.env,
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_CONFIG_PASSPHRASE: "test",
            PULUMI_SKIP_UPDATE_CHECK: "true",
        };
    }

    /** The prefix of the physical names of a resource. */
    prefix(name: string): string {
        return `${this.project}-${this.stack}-${name}`;
    }

    program(text: string): void {
        this.write("index.ts", text);
    }

    write(name: string, text: string): void {
        writeFileSync(join(this.folder, name), text);
    }

    async init(): Promise<this> {
        await this.must("stack", "init", this.stack);
        return this;
    }

    async config(values: Record<string, string | number | boolean>): Promise<void> {
        const pairs = Object.entries(values).flatMap(([key, value]) => [
            "--plaintext",
            `${key}=${value}`,
        ]);
        await this.must("config", "set-all", ...pairs);
    }

    async secret(key: string, value: string): Promise<void> {
        await this.must("config", "set", "--secret", key, value);
    }

    preview(...args: string[]): Promise<PulumiResult> {
        return this.run("preview", "--diff", ...args);
    }

    /** Without the preview before it, unless asked for. */
    up(...args: string[]): Promise<PulumiResult> {
        return this.run("up", "--yes", "--skip-preview", ...args);
    }

    refresh(...args: string[]): Promise<PulumiResult> {
        return this.run("refresh", "--yes", "--skip-preview", ...args);
    }

    destroy(): Promise<PulumiResult> {
        return this.run("destroy", "--yes", "--skip-preview");
    }

    async outputs(): Promise<Record<string, unknown>> {
        const { output } = await this.must("stack", "output", "--json", "--show-secrets");
        return JSON.parse(output.slice(output.indexOf("{"))) as Record<string, unknown>;
    }

    /** The state as it is saved: secrets stay encrypted. */
    async exported(): Promise<string> {
        return (await this.must("stack", "export")).output;
    }

    /** Runs the CLI, and fails the test where it fails. */
    async must(...args: string[]): Promise<PulumiResult> {
        const result = await this.run(...args);
        if (result.exitCode !== 0)
            throw new Error(
                `pulumi ${args.join(" ")}: exit code ${result.exitCode}\n${result.output}`,
            );
        return result;
    }

    run(...args: string[]): Promise<PulumiResult> {
        const began = Date.now();
        return new Promise((done) => {
            const options = { cwd: this.folder, env: this.env, maxBuffer: 64 * 1024 * 1024 };
            execFile(
                "pulumi",
                [...args, "--non-interactive", "--color", "never"],
                options,
                (error, stdout, stderr) => {
                    const exitCode = error ? (typeof error.code === "number" ? error.code : 1) : 0;
                    done({
                        exitCode,
                        output: `${stdout}${stderr}`,
                        seconds: (Date.now() - began) / 1000,
                    });
                },
            );
        });
    }

    /** Starts the CLI in a process group of its own, so that a test can kill all of it at once. */
    start(...args: string[]): ChildProcess {
        return spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
            cwd: this.folder,
            env: this.env,
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
    }

    /** Destroys what it can and removes all that carries one of its prefixes, volumes included. */
    async cleanUp(): Promise<void> {
        await this.run("cancel", "--yes");
        await this.destroy();
        await removeEverythingOf(this.project);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A short name that no other test has. */
export function unique(start: string): string {
    return `${start}${randomBytes(4).toString("hex")}`;
}

/** `docker ARGS`; fails the test where it fails. */
export function docker(...args: string[]): Promise<string> {
    return new Promise((done, fail) => {
        execFile("docker", args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
            if (error) fail(new Error(`docker ${args.join(" ")}: ${stderr.trim()}`));
            else done(stdout.trim());
        });
    });
}

async function removeEverythingOf(project: string): Promise<void> {
    const label = `label=cutover.project=${project}`;
    const prefix = `name=${project}`;
    for (const filter of [label, prefix]) {
        await removeAll(await docker("ps", "--all", "--quiet", "--filter", filter), (ids) =>
            docker("rm", "--force", "--volumes", ...ids),
        );
    }
    for (const filter of [label, prefix]) {
        await removeAll(await docker("volume", "ls", "--quiet", "--filter", filter), (ids) =>
            docker("volume", "rm", ...ids),
        );
        await removeAll(await docker("network", "ls", "--quiet", "--filter", filter), (ids) =>
            docker("network", "rm", ...ids),
        );
    }
}

async function removeAll(list: string, remove: (ids: string[]) => Promise<unknown>): Promise<void> {
    const ids = list.split("\n").filter((id) => id !== "");
    if (ids.length > 0) await remove(ids).catch(() => undefined);
}
