import { expect, test } from "vitest";
import { execaRunner } from "../../provider/platforms/execa.js";

const node = (script: string) => [process.execPath, "-e", script] as [string, ...string[]];

test("an exit code is an answer, with both streams as they were", async () => {
    const script =
        "process.stdout.write('out\\n\\n'); process.stderr.write('err'); process.exit(3)";
    expect(await execaRunner.run({ argv: node(script) })).toEqual({
        exitCode: 3,
        stdout: "out\n\n",
        stderr: "err",
    });
});

test("arguments reach the program as they are: there is no shell in between", async () => {
    const hostile = ["$HOME", "; echo x", "a\nb", "*", "'", '"', "-n"];
    const argv = ["printf", "%s\\0", ...hostile] as [string, ...string[]];
    expect((await execaRunner.run({ argv })).stdout.split("\0").slice(0, -1)).toEqual(hostile);
});

test("stdin is what is given, and empty otherwise", async () => {
    expect((await execaRunner.run({ argv: ["cat"], stdin: "secret" })).stdout).toBe("secret");
    expect((await execaRunner.run({ argv: ["cat"] })).stdout).toBe("");
});

test("the environment is added to this one", async () => {
    const argv = node("console.log(process.env.ADDED, 'PATH' in process.env)");
    expect((await execaRunner.run({ argv, env: { ADDED: "yes" } })).stdout).toBe("yes true\n");
});

test("what a signal ended has the exit code that a shell gives it", async () => {
    const script = "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 60000)";
    expect((await execaRunner.run({ argv: node(script) })).exitCode).toBe(137);
    const running = execaRunner.start({ argv: node("setTimeout(() => {}, 60000)") });
    running.kill("SIGTERM");
    expect(await running.ended).toEqual({ exitCode: 143 });
});

test("what cannot be started, or does not end in time, is an error that names the program", async () => {
    const missing: [string] = ["/no/such/program"];
    await expect(execaRunner.run({ argv: missing })).rejects.toThrow(
        "/no/such/program could not be started: ENOENT",
    );
    await expect(execaRunner.start({ argv: missing }).ended).rejects.toThrow(
        "/no/such/program could not be started: spawn /no/such/program ENOENT",
    );
    await expect(execaRunner.run({ argv: ["sleep", "60"], timeout: 50 })).rejects.toThrow(
        "sleep did not end within 50 ms",
    );
});

test("one that is aborted ends, with the reason that was given", async () => {
    const abort = new AbortController();
    const run = execaRunner.run({ argv: ["sleep", "60"] }, abort.signal);
    setTimeout(() => abort.abort(new Error("somebody asked to go back")), 50);
    await expect(run).rejects.toThrow("somebody asked to go back");
});

test("a started one is talked to by its streams", async () => {
    const running = execaRunner.start({ argv: ["cat"] });
    const said = new Promise((resolve) => running.stdout.once("data", (d) => resolve(String(d))));
    running.stdin.write("hello");
    expect(await said).toBe("hello");
    running.stdin.end();
    expect(await running.ended).toEqual({ exitCode: 0 });
});
