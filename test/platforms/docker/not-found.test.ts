import { describe, expect, test } from "vitest";
import type {
    Command,
    CommandResult,
    CommandRunner,
} from "../../../provider/platforms/commands.js";
import { DockerEngine } from "../../../provider/platforms/docker/engine.js";

/** Answers each `docker` command by its first words, and remembers what was asked. */
function engineThatSays(
    answers: Record<string, Partial<CommandResult>>,
    target = {},
): { engine: DockerEngine; asked: Command[] } {
    const asked: Command[] = [];
    const commands: CommandRunner = {
        async run(command) {
            asked.push(command);
            const line = command.argv.slice("host" in target ? 3 : 1).join(" ");
            const found = Object.entries(answers).find(([words]) => line.startsWith(words));
            return {
                exitCode: found ? 0 : 1,
                stdout: "",
                stderr: found ? "" : `no answer to ${line}`,
                ...found?.[1],
            };
        },
        start() {
            throw new Error("nothing is started here");
        },
    };
    return { engine: new DockerEngine(commands, target), asked };
}

const failed = (stderr: string): Partial<CommandResult> => ({
    exitCode: 1,
    stdout: "[]\n",
    stderr,
});

describe("what is not there", () => {
    test.each([
        "Error: No such container: x",
        "Error response from daemon: No such container: x",
        "Error: No such volume: x",
        "Error response from daemon: get x: no such volume",
        "Error response from daemon: network x not found",
    ])("is undefined: %s", async (stderr) => {
        const words = {
            "container inspect": failed(stderr),
            "volume inspect": failed(stderr),
            "network inspect": failed(stderr),
            "image inspect": failed(stderr),
        };
        const { engine } = engineThatSays(words);
        expect(await engine.container("x")).toBeUndefined();
        expect(await engine.volume("x")).toBeUndefined();
        expect(await engine.networkExists("x")).toBe(false);
        expect(await engine.imageExists("x")).toBe(false);
    });

    test.each([
        'error during connect: Get "http://shop-1:2375/v1.50/volumes/x": dial tcp: lookup shop-1: no such host',
        "Cannot connect to the Docker daemon at unix:///nowhere.sock. Is the docker daemon running?",
        'error during connect: exec: "ssh": executable file not found in $PATH',
        "dial unix /var/run/docker.sock: connect: no such file or directory",
    ])("is not said of an engine that cannot be reached: %s", async (stderr) => {
        const words = {
            "container inspect": failed(stderr),
            "volume inspect": failed(stderr),
            cp: failed(stderr),
        };
        const { engine } = engineThatSays(words, { host: "tcp://shop-1:2375" });
        const message = "the Docker engine (tcp://shop-1:2375) cannot be reached";
        await expect(engine.container("x")).rejects.toThrow(message);
        await expect(engine.volume("x")).rejects.toThrow(message);
        await expect(engine.readFile("x", "/journal")).rejects.toThrow(message);
    });

    test("and what is gone already is no failure of ending it", async () => {
        const gone = failed("Error: No such thing: x");
        const { engine } = engineThatSays({
            stop: gone,
            rm: gone,
            update: gone,
            "volume rm": gone,
            "network rm": gone,
            "container inspect": gone,
        });
        await engine.remove("x");
        await engine.removeVolume("x");
        await engine.removeNetwork("x");
        await engine.setRestartPolicy("x", "no");
        expect(await engine.stop("x")).toEqual({ killed: false });
    });

    test("nor is one that is being removed, paused or connected already", async () => {
        const { engine } = engineThatSays({
            rm: failed("removal of container x is already in progress"),
            pause: failed("Container x is already paused"),
            unpause: failed("Container x is not paused"),
            "network connect": failed("endpoint with name x already exists in network y"),
        });
        await engine.remove("x");
        await engine.pause("x");
        await engine.unpause("x");
        await engine.connect("y", "x");
    });
});

describe("a failure", () => {
    test("tells the command, its exit code, its last lines and what to do, and where the engine is", async () => {
        const { engine } = engineThatSays({
            "volume rm": failed("Error: volume is in use - [abc]"),
        });
        await expect(engine.removeVolume("x")).rejects.toThrow(
            "docker volume failed\ncommand: docker volume rm x (exit code 1)\n  | Error: volume is in use - [abc]",
        );
        const away = engineThatSays({
            version: failed("Cannot connect to the Docker daemon at unix:///x"),
        }).engine;
        await expect(away.version()).rejects.toThrow(
            "the Docker engine (the local engine) cannot be reached\n" +
                "command: docker version --format {{.Server.Version}} {{.Server.APIVersion}} (exit code 1)\n" +
                "  | Cannot connect to the Docker daemon at unix:///x\n" +
                "next: check that it runs, and docker.host, the stack's configuration or DOCKER_HOST",
        );
    });

    test("never shows a job's environment", async () => {
        const { engine } = engineThatSays({ run: failed("no space") });
        const running = engine.runDetached({ image: "i", env: { CUTOVER_JOB: "the whole job" } });
        await expect(running).rejects.not.toThrow("the whole job");
    });

    test("names an API that is too old, and what to do", async () => {
        const { engine } = engineThatSays({ version: { stdout: "19.03.15 1.40\n" } });
        await expect(engine.version()).rejects.toThrow(
            "the Docker engine 19.03.15 speaks API 1.40, and 1.41 is needed\nnext: upgrade the engine to Docker 20.10 or newer",
        );
        const { engine: newer } = engineThatSays({
            version: { stdout: "29.1.0 1.100\n" },
            info: { stdout: '"29.1.0" ["name=rootless"]' },
        });
        expect(await newer.version()).toEqual({ engine: "29.1.0", api: "1.100", rootless: true });
    });
});
