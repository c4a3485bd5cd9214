import { expect, test } from "vitest";
import type { CommandResult, CommandRunner } from "../../../provider/platforms/commands.js";
import { DockerEngine } from "../../../provider/platforms/docker/engine.js";

/** An engine whose commands all end like this, and what they were. */
function engineThatSays(result: Partial<CommandResult>, host?: string) {
    const asked: string[][] = [];
    const commands: CommandRunner = {
        async run({ argv }) {
            asked.push([...argv]);
            return { exitCode: 0, stdout: "", stderr: "", ...result };
        },
        start() {
            throw new Error("nothing is followed here");
        },
    };
    return { engine: new DockerEngine(commands, host === undefined ? {} : { host }), asked };
}

const failing = (stderr: string) => ({ exitCode: 1, stderr });

test.each([
    "Error: No such container: shop",
    "Error response from daemon: No such container: shop",
    "Error: No such object: shop",
])("not found is an answer: %s", async (stderr) => {
    expect(await engineThatSays(failing(stderr)).engine.container("shop")).toBeUndefined();
});

test("gone already, unpaused already and connected already are no failures", async () => {
    await engineThatSays(failing("Error: No such container: a")).engine.remove("a");
    await engineThatSays(failing("Container a is not paused")).engine.unpause("a");
    await engineThatSays(
        failing("endpoint with name a already exists in network n"),
    ).engine.connect("n", "a");
    await engineThatSays(failing("container a is not connected to network n")).engine.disconnect(
        "n",
        "a",
    );
});

test("a failure carries the command, its exit code and its last words", async () => {
    const { engine } = engineThatSays(
        { exitCode: 125, stderr: "one\ntwo\n" },
        "ssh://deploy@shop-1",
    );
    await expect(engine.start("shop")).rejects.toThrow(
        "docker start failed\ncommand: docker --host ssh://deploy@shop-1 start shop (exit code 125)\n  | one\n  | two",
    );
});

test("an engine that is not there is said by its address", async () => {
    const { engine } = engineThatSays(
        failing("Cannot connect to the Docker daemon at tcp://10.0.0.5:2376. Is it running?"),
        "tcp://10.0.0.5:2376",
    );
    await expect(engine.version()).rejects.toThrow(
        /^the Docker engine \(tcp:\/\/10\.0\.0\.5:2376\) cannot be reached\n[\s\S]*next: check that it runs, and docker\.host, the stack's configuration or DOCKER_HOST$/,
    );
});

test("an engine that is too old is said by its version", async () => {
    const { engine } = engineThatSays({ stdout: "19.03.15 1.40\n" });
    await expect(engine.version()).rejects.toThrow(
        "the Docker engine 19.03.15 speaks API 1.40, and 1.41 is needed\nnext: upgrade the engine to Docker 20.10 or newer",
    );
});

test("what a runner is started with is printed nowhere", async () => {
    const { engine } = engineThatSays(failing("no space left on device"));
    const failure = engine.runDetached({ image: "runner:1", env: { CUTOVER_JOB: "a long plan" } });
    await expect(failure).rejects.not.toThrow(/a long plan/);
});
