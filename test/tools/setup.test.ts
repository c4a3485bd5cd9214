import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirrorFrom } from "../../tools/apt.mjs";
import { closingLine } from "../../tools/closing-line.mjs";
import { ask, CommandFailure, run, which } from "../../tools/command.mjs";
import { requiredVersion } from "../../tools/go.mjs";
import { fits } from "../../tools/node-modules.mjs";
import { formatSeconds } from "../../tools/progress.mjs";
import { DOCKER_PLUGIN } from "../../tools/pulumi.mjs";
import { root } from "../../tools/setup.mjs";

describe("versions that belong together", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

    it("the Docker plugin is that of @pulumi/docker", () => {
        const source = join(root, "tools", "pulumi-resource-docker", "main.go");
        expect(lock.packages["node_modules/@pulumi/docker"].version).toBe(DOCKER_PLUGIN);
        expect(readFileSync(source, "utf8")).toContain(`const version = "${DOCKER_PLUGIN}"`);
    });

    it("the CLI and the SDK it is built with are of one version", () => {
        const module = join(root, "tools", "pulumi-cli");
        const cli = requiredVersion(module, "github.com/pulumi/pulumi/pkg/v3");
        expect(cli).toBe(requiredVersion(module, "github.com/pulumi/pulumi/sdk/v3"));
        expect(cli).toMatch(/^v3\.\d+\.\d+$/);
    });
});

describe("which node_modules fit package-lock.json", () => {
    const one = { version: "1.0.0", integrity: "sha512-a" };
    const wanted = { packages: { "": {}, "node_modules/a": one } };

    it("the same ones do", () => {
        expect(fits(wanted, { packages: { "node_modules/a": one } })).toBe(true);
    });

    it.each([
        ["another version", { ...one, version: "1.0.1" }],
        ["another content", { ...one, integrity: "sha512-b" }],
        ["nothing", undefined],
    ])("%s does not", (_, have) => {
        const installed = have ? { packages: { "node_modules/a": have } } : {};
        expect(fits(wanted, installed)).toBe(false);
    });

    it("another platform's packages may be absent", () => {
        const optional = { packages: { "node_modules/b": { ...one, optional: true } } };
        expect(fits(optional, { packages: {} })).toBe(true);
    });
});

describe("debootstrap's mirror", () => {
    it("is Debian's own archive among apt's sources", () => {
        const targets = [
            "Docker|Docker CE|https://one.example/",
            "Debian|Debian-Security|http://two.example/debian-security/",
            "Debian|Debian|http://three.example/debian/",
        ];
        expect(mirrorFrom(targets.join("\n"))).toBe("http://three.example/debian/");
    });

    it("is left to debootstrap where apt has none", () => {
        expect(mirrorFrom("Ubuntu|Ubuntu|http://one.example/ubuntu/")).toBeUndefined();
        expect(mirrorFrom("")).toBeUndefined();
    });
});

describe("the closing line", () => {
    const test = (state: string) => ({ result: () => ({ state }) });
    const module = (states: string[], errors: number, suites: number[] = []) => ({
        children: {
            allTests: () => states.map(test),
            allSuites: () => suites.map((each) => ({ errors: () => Array(each).fill({}) })),
        },
        errors: () => Array(errors).fill({}),
    });
    const line = (modules: unknown[], unhandled: unknown[] = [], exitCode = 0) =>
        closingLine(modules as Parameters<typeof closingLine>[0], unhandled, exitCode);

    it("counts tests", () => {
        expect(line([module(["passed", "failed"], 0), module(["passed"], 0)])).toBe(
            "2 passed, 1 failed",
        );
    });

    it("counts a file that does not load, a failed hook and a stray error as failures", () => {
        expect(line([module([], 2)])).toBe("0 passed, 1 failed");
        expect(line([module(["passed"], 0, [1])])).toBe("1 passed, 1 failed");
        expect(line([module(["passed"], 0)], [{}])).toBe("1 passed, 1 failed");
    });

    it("counts a run that fails without a failed test as one failure", () => {
        expect(line([], [], 1)).toBe("0 passed, 1 failed");
        expect(line([module(["failed", "failed"], 0)], [], 1)).toBe("0 passed, 2 failed");
    });

    it("tells what was skipped", () => {
        expect(line([module(["passed", "skipped"], 0)])).toBe("1 passed, 0 failed, 1 skipped");
    });
});

describe("commands", () => {
    it("carry their end and their last lines in the error", async () => {
        const failing = run("sh", ["-c", "echo out; echo because >&2; exit 3"]);
        await expect(failing).rejects.toThrow(
            "`sh -c echo out; echo because >&2; exit 3` ended with 3:\nout\nbecause",
        );
        await expect(failing).rejects.toBeInstanceOf(CommandFailure);
    });

    it("that are missing say so", async () => {
        await expect(run("no-such-command", [])).rejects.toThrow(
            "no-such-command could not be started: spawn no-such-command ENOENT",
        );
        await expect(ask("no-such-command", [])).resolves.toBeUndefined();
    });

    it("are ended when they hang", async () => {
        await expect(run("sleep", ["60"], { timeoutMs: 50 })).rejects.toThrow(
            "`sleep 60` was ended by SIGKILL",
        );
    });

    it("are found on a PATH, folders and files without the right to run left out", () => {
        expect(which("sh", "/nowhere:/bin")).toBe("/bin/sh");
        expect(which("tools", root)).toBeUndefined();
        expect(which("package.json", root)).toBeUndefined();
    });
});

it.each([
    [0.04, "0.0 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min 00 s"],
    [125.4, "2 min 05 s"],
])("%d seconds read %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
});

it("no tool names the host of a registry: the machine's own settings say where to fetch from", () => {
    const files = readdirSync(join(root, "tools"), { recursive: true, encoding: "utf8" })
        .map((name) => join(root, "tools", name))
        .filter((path) => statSync(path).isFile() && /\.(mjs|json)$/.test(path));
    for (const path of files) {
        expect(readFileSync(path, "utf8"), path).not.toMatch(/https?:\/\//);
    }
});
