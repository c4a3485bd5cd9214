import { expect, test } from "vitest";
import type { DockerEngine } from "../../provider/platforms/docker/engine.js";
import { labelKeys } from "../../provider/platforms/docker/names.js";
import { askToGoBack } from "../../provider/runner/abort.js";

interface Scene {
    status?: string;
    journal?: object[];
    exec?: { exitCode: number; stdout: string; stderr: string };
}

/** An engine with one runner, at work on job 1. */
function engineWith({ status = "running", journal = [], exec }: Scene) {
    const executed: string[][] = [];
    const lines = journal.map((entry) => JSON.stringify({ job: "1", at: "", ...entry }));
    const engine = {
        container: async () => ({ id: "c1", status, labels: { [labelKeys.job]: "1" } }),
        volume: async () => ({ name: "journal", labels: {} }),
        readFile: async () => lines.map((line) => `${line}\n`).join(""),
        exec: async (_: string, argv: string[]) => {
            executed.push(argv);
            return exec ?? { exitCode: 0, stdout: "", stderr: "" };
        },
    } as unknown as DockerEngine;
    return { engine, executed };
}

const open = (kind: string) => ({ kind: "open", data: { kind } });

test("a runner at work is asked by a file with its job's name", async () => {
    const { engine, executed } = engineWith({ journal: [open("environment")] });
    expect(await askToGoBack(engine, "shop")).toBe(
        "shop was asked to go back; npx pulumi-cutover follow shop shows how it does",
    );
    expect(executed).toEqual([["touch", expect.stringContaining("1")]]);
});

test("nothing is at work", async () => {
    const { engine } = engineWith({ status: "exited" });
    await expect(askToGoBack(engine, "shop")).rejects.toThrow("nothing is at work on shop");
});

test.each([
    ["environment", "move the weights back in the program, and run pulumi up"],
    ["volume", "let it end: the copy is whole, and the source is as it was"],
])("after the commit it only goes forward: %s", async (kind, next) => {
    const { engine, executed } = engineWith({ journal: [open(kind), { kind: "commit" }] });
    await expect(askToGoBack(engine, "shop")).rejects.toThrow(
        `shop has committed: it only goes forward now\nnext: ${next}`,
    );
    expect(executed).toEqual([]);
});

test("a runner that cannot be reached", async () => {
    const exec = { exitCode: 1, stdout: "", stderr: "OCI runtime exec failed\n" };
    const { engine } = engineWith({ journal: [open("environment")], exec });
    await expect(askToGoBack(engine, "shop")).rejects.toThrow(
        "the runner cannot be reached\n  | OCI runtime exec failed",
    );
});
