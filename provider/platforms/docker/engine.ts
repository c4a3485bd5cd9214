import { CutoverError } from "../../engine/errors.js";
import type { Command, CommandResult, RunningCommand } from "../commands.js";
import { type CreateContainer, createOptions, labelFilters } from "./argv.js";
import { DockerCheckpoints } from "./checkpoints.js";
import { isNotFound, isUnreachable, type Labels, lines } from "./command-line.js";
import { type ContainerFacts, parseContainers } from "./facts.js";
import { type Inspection, parseInspection } from "./inspection.js";

export type { Labels } from "./command-line.js";

/** What an engine says of itself. */
export interface EngineInfo {
    experimental: boolean;
    /** Where it keeps everything, on its own host. */
    rootFolder: string;
    /** Such as `"name=userns"`. */
    security: readonly string[];
}

/** The oldest API that has what is used here: Docker 20.10's. */
export const oldestApi = "1.41";

/**
 * A Docker engine, through its command line: its containers here, their checkpoints, its networks, images and volumes in
 * the files beside this one. Not found is an answer (`undefined`), already there and already gone are races and no failures, everything
 * else is a `CutoverError` with the command, its exit code and its last lines.
 */
export class DockerEngine extends DockerCheckpoints {
    /** The same engine, with commands that end when the signal aborts. */
    withSignal(signal: AbortSignal): DockerEngine {
        return new DockerEngine(this.commands, this.target, signal);
    }

    /** Is it there, and new enough? `timeout` in milliseconds. */
    async version(timeout = 10_000): Promise<{ engine: string; api: string; rootless: boolean }> {
        const format = "{{json .ServerVersion}} {{json .SecurityOptions}}";
        const { stdout } = await this.run(
            ["version", "--format", "{{.Server.Version}} {{.Server.APIVersion}}"],
            { timeout },
        );
        const [engine = "", api = ""] = stdout.trim().split(" ");
        if (compareVersions(api, oldestApi) < 0) {
            throw new CutoverError(
                `the Docker engine ${engine} speaks API ${api}, and ${oldestApi} is needed`,
                {
                    next: "upgrade the engine to Docker 20.10 or newer",
                },
            );
        }
        const info = await this.run(["info", "--format", format], { timeout });
        return { engine, api, rootless: info.stdout.includes("rootless") };
    }

    async info(timeout = 10_000): Promise<EngineInfo> {
        const { stdout } = await this.run(["info", "--format", "{{json .}}"], { timeout });
        const raw = JSON.parse(stdout) as Record<string, unknown>;
        return {
            experimental: raw.ExperimentalBuild === true,
            rootFolder: String(raw.DockerRootDir ?? ""),
            security: Array.isArray(raw.SecurityOptions) ? raw.SecurityOptions.map(String) : [],
        };
    }

    async container(name: string): Promise<ContainerFacts | undefined> {
        const result = await this.try(["container", "inspect", name]);
        if (result.exitCode === 0) return parseContainers(result.stdout)[0];
        if (isNotFound(result)) return undefined;
        throw this.failure(["container", "inspect", name], result);
    }

    /** With its settings, secrets included: see `Inspection`. */
    async inspection(name: string): Promise<Inspection | undefined> {
        const result = await this.try(["container", "inspect", name]);
        if (result.exitCode === 0) return parseInspection(result.stdout);
        if (isNotFound(result)) return undefined;
        throw this.failure(["container", "inspect", name], result);
    }

    /** Containers by labels, in whatever state. */
    async containers(labels: Labels): Promise<ContainerFacts[]> {
        const { stdout } = await this.run([
            "ps",
            "--all",
            "--quiet",
            "--no-trunc",
            ...labelFilters(labels),
        ]);
        return this.inspectAll(lines(stdout));
    }

    /** All whose processes exist. */
    async running(): Promise<ContainerFacts[]> {
        const { stdout } = await this.run(["ps", "--quiet", "--no-trunc"]);
        return this.inspectAll(lines(stdout));
    }

    private async inspectAll(ids: string[]): Promise<ContainerFacts[]> {
        if (ids.length === 0) return [];
        // One that goes away meanwhile makes the exit code 1; the others are printed all the same.
        const result = await this.try(["container", "inspect", ...ids]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["container", "inspect"], result);
        return parseContainers(result.stdout);
    }

    /** Creates it; found by name where it exists already. */
    async create(spec: CreateContainer): Promise<string> {
        const { stdout } = await this.run(["create", ...createOptions(spec)]);
        return stdout.trim();
    }

    /** Creates and starts it in the background. */
    async runDetached(spec: CreateContainer): Promise<string> {
        const { stdout } = await this.run(["run", "--detach", ...createOptions(spec)]);
        return stdout.trim();
    }

    /** Runs it to its end. */
    runToEnd(
        spec: CreateContainer,
        extra: Pick<Command, "stdin" | "timeout"> = {},
    ): Promise<CommandResult> {
        return this.run(["run", "--rm", ...createOptions(spec)], extra);
    }

    /** Runs it with its streams in hand. */
    runAttached(spec: CreateContainer): RunningCommand {
        return this.stream(["run", ...createOptions(spec)]);
    }

    async start(name: string): Promise<void> {
        await this.run(["start", name]);
    }

    /**
     * Asks it to end, and kills it after a while; tells whether it had to. Gone already is fine.
     * @param seconds until it is killed; by default the container's own `stopTimeout`, else 10
     */
    async stop(name: string, seconds?: number): Promise<{ killed: boolean }> {
        const result = await this.try([
            "stop",
            ...(seconds === undefined ? [] : ["--time", String(seconds)]),
            name,
        ]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["stop", name], result);
        const after = await this.container(name);
        return { killed: after?.exitCode === 137 };
    }

    async pause(name: string): Promise<void> {
        const result = await this.try(["pause", name]);
        if (result.exitCode !== 0 && !/already paused/i.test(result.stderr))
            throw this.failure(["pause", name], result);
    }

    async unpause(name: string): Promise<void> {
        const result = await this.try(["unpause", name]);
        if (result.exitCode !== 0 && !/not paused/i.test(result.stderr))
            throw this.failure(["unpause", name], result);
    }

    async setRestartPolicy(
        name: string,
        policy: "no" | "unless-stopped" | "always" | "on-failure",
    ): Promise<void> {
        const result = await this.try(["update", "--restart", policy, name]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["update", name], result);
    }

    async rename(container: string, name: string): Promise<void> {
        const result = await this.try(["rename", container, name]);
        if (result.exitCode !== 0 && !isNotFound(result))
            throw this.failure(["rename", container], result);
    }

    async remove(name: string): Promise<void> {
        const result = await this.try(["rm", "--force", name]);
        if (
            result.exitCode !== 0 &&
            !isNotFound(result) &&
            !/already in progress/i.test(result.stderr)
        ) {
            throw this.failure(["rm", name], result);
        }
    }

    /** All with these labels, in whatever state. */
    async removeLabelled(labels: Labels): Promise<void> {
        for (const { id } of await this.containers(labels)) await this.remove(id);
    }

    /** Paths of its own layer that differ from its image, the folders above them not counted. */
    async changedPaths(name: string): Promise<string[]> {
        const paths = lines((await this.run(["diff", name])).stdout).map((line) => line.slice(2));
        const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/"))));
        return paths.filter((path) => !folders.has(path));
    }

    async exec(
        name: string,
        argv: readonly string[],
        extra: Pick<Command, "stdin" | "timeout"> = {},
    ): Promise<CommandResult> {
        return this.try(
            ["exec", ...(extra.stdin === undefined ? [] : ["--interactive"]), name, ...argv],
            extra,
        );
    }

    /** Runs a command in a container with its streams in hand. */
    execAttached(name: string, argv: readonly string[]): RunningCommand {
        return this.stream(["exec", "--interactive", name, ...argv]);
    }

    logs(name: string, options: { follow: boolean; since?: string }): RunningCommand {
        const args = [
            "logs",
            ...(options.follow ? ["--follow"] : []),
            ...(options.since ? ["--since", options.since] : []),
        ];
        return this.stream([...args, name]);
    }

    /** The last lines that a container printed, both streams. */
    async lastLines(name: string, count = 10): Promise<string[]> {
        const result = await this.try(["logs", "--tail", String(count), name]);
        return lines(`${result.stdout}\n${result.stderr}`).slice(-count);
    }

    /** A file out of a container or its volumes, running or not; undefined where there is none. */
    async readFile(container: string, path: string): Promise<string | undefined> {
        const result = await this.try(["cp", `${container}:${path}`, "-"]);
        if (result.exitCode === 0) return firstFileOfTar(result.stdout);
        const gone = /no such file|could not find the file|not found/i.test(result.stderr);
        if (gone && !isUnreachable(result)) return undefined;
        throw this.failure(["cp", `${container}:${path}`], result);
    }

    /** Puts a file of this machine into a container or its volumes, running or not. */
    async copyIn(container: string, file: string, path: string): Promise<void> {
        await this.run(["cp", file, `${container}:${path}`]);
    }
}

function compareVersions(one: string, other: string): number {
    const [a, b] = [one, other].map((text) => text.split(".").map(Number)) as [number[], number[]];
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
        const difference = (a[i] ?? 0) - (b[i] ?? 0);
        if (difference !== 0) return difference;
    }
    return 0;
}

/** `docker cp … -` gives a tar of one file: a header of 512 bytes with the size in octal, then the content. */
function firstFileOfTar(tar: string): string {
    const bytes = Buffer.from(tar, "utf8");
    const size = Number.parseInt(
        bytes.subarray(124, 136).toString("latin1").replace(/\0.*$/, "").trim(),
        8,
    );
    return bytes.subarray(512, 512 + size).toString("utf8");
}
