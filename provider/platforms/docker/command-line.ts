import { asCutoverError, CutoverError } from "../../engine/errors.js";
import type { Command, CommandResult, CommandRunner, RunningCommand } from "../commands.js";
import { type Argv, type DockerTarget, docker } from "./argv.js";

export type Labels = Readonly<Record<string, string>>;

/**
 * Docker's command line for one engine. What fails is a `CutoverError` with the command, its exit code and its last
 * lines; a command that takes no answer for one looks at the result itself.
 */
export class DockerCommandLine {
    constructor(
        protected readonly commands: CommandRunner,
        readonly target: DockerTarget = {},
        protected readonly signal?: AbortSignal,
    ) {}

    private argv(args: readonly string[]): Argv {
        return docker(this.target, ...args);
    }

    protected try(
        args: readonly string[],
        extra: Pick<Command, "stdin" | "timeout"> = {},
    ): Promise<CommandResult> {
        return this.commands
            .run({ argv: this.argv(args), ...extra }, this.signal)
            .catch((error) => {
                this.signal?.throwIfAborted();
                throw asCutoverError(error).with({ command: this.argv(args) });
            });
    }

    protected async run(
        args: readonly string[],
        extra: Pick<Command, "stdin" | "timeout"> = {},
    ): Promise<CommandResult> {
        const result = await this.try(args, extra);
        if (result.exitCode !== 0) throw this.failure(args, result);
        return result;
    }

    protected stream(args: readonly string[]): RunningCommand {
        return this.commands.start({ argv: this.argv(args) }, this.signal);
    }

    protected failure(args: readonly string[], result: CommandResult): CutoverError {
        const unreachable = isUnreachable(result);
        const where = this.target.host ?? "the local engine";
        return new CutoverError(
            unreachable
                ? `the Docker engine (${where}) cannot be reached`
                : `docker ${args[0]} failed`,
            {
                command: this.argv(args.filter((arg) => !arg.startsWith("CUTOVER_JOB="))),
                exitCode: result.exitCode,
                lastLines: lines(result.stderr).slice(-5),
                ...(unreachable
                    ? {
                          next: "check that it runs, and docker.host, the stack's configuration or DOCKER_HOST",
                      }
                    : {}),
            },
        );
    }
}

/** Docker's words for "there is none", over its versions. */
export function isNotFound(result: CommandResult): boolean {
    return /no such|not found/i.test(result.stderr) && !isUnreachable(result);
}

/** "dial tcp: lookup shop-1: no such host" tells nothing of what is there: it must not be taken for "gone". */
export function isUnreachable({ stderr }: CommandResult): boolean {
    return /cannot connect to the docker daemon|error during connect|connection refused|\bdial (tcp|unix)\b/i.test(
        stderr,
    );
}

export function lines(text: string): string[] {
    return text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
}

export function labelOptions(labels: Labels): string[] {
    return Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
}
