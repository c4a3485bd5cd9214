import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { docker, TestStack, unique } from "../stack.js";

const examples = resolve(import.meta.dirname, "..", "..", "..", "examples");

/** A folder of examples/ as a stack of its own: program, settings and all. */
export async function exampleStack(
    name: string,
    config: Record<string, string | number> = {},
): Promise<TestStack> {
    const file = (path: string) => readFileSync(join(examples, name, path), "utf8");
    const stack = new TestStack(file("index.ts"), { project: unique("example") });
    for (const path of ["package.json", "tsconfig.json"]) stack.write(path, file(path));
    await stack.init();
    if (Object.keys(config).length > 0) await stack.config(config);
    return stack;
}

/** `docker build` as the example's README has it. */
export async function buildImage(
    folder: string,
    tag: string,
    args: Record<string, string | number> = {},
): Promise<void> {
    const pairs = Object.entries(args).flatMap(([key, value]) => [
        "--build-arg",
        `${key}=${value}`,
    ]);
    await docker("build", ...pairs, "--tag", tag, join(examples, folder));
}

/** Names of what an engine has of a stack: containers and networks, volumes apart. */
export async function leftBehind(stack: TestStack): Promise<{ running: string[]; data: string[] }> {
    const label = `label=cutover.project=${stack.project}`;
    const names = async (...args: string[]) =>
        (await docker(...args, "--filter", label)).split("\n").filter((name) => name !== "");
    return {
        running: [
            ...(await names("ps", "--all", "--format", "{{.Names}}")),
            ...(await names("network", "ls", "--format", "{{.Name}}")),
        ],
        data: (await names("volume", "ls", "--quiet")).sort(),
    };
}

/** `curl` without a connection that outlives it. */
export function curl(...args: string[]): Promise<string> {
    return new Promise((done, fail) => {
        execFile("curl", ["--silent", "--show-error", "--fail", ...args], (error, stdout) => {
            if (error) fail(error);
            else done(stdout);
        });
    });
}
