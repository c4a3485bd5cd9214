import { expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { image, MovedContainer } from "./moved-container.js";
import { startOf } from "./runner-process.js";

/** A container that writes a line every moment, and says when it begins and when it is asked to end. */
const writer =
    "trap 'echo ended >> /data/log; exit 0' TERM; echo begun >> /data/log; while :; do echo x >> /data/lines; sleep 0.05; done";

it("goes back when the new container exits at its start, and moves when it has what it lacked", async (test) => {
    const moved = await MovedContainer.begin(test);
    const port = await freePort();
    // Planted: it runs only with a file that its image has not.
    const planted = `[ -e /ran ] && exec sleep 600; echo "no /ran with $PASSWORD" >&2; exit 3`;
    const options = [
        ...["--volume", `${moved.data}:/data`, "--publish", `127.0.0.1:${port}:80`],
        ...["--env", "PASSWORD=hunter2-back", "--restart", "unless-stopped"],
    ];
    await moved.docker("create", "--name", moved.old, ...options, image, "bash", "-c", planted);
    await moved.docker("cp", "/etc/hostname", `${moved.old}:/ran`);
    await moved.docker("start", moved.old);

    moved.declare();
    const preview = await moved.stack.preview();
    expect(preview.output).toContain(
        `1 path that ${moved.old} changed outside of its mounts stays behind (layer: "commit" takes it along): /ran`,
    );
    const output = await moved.refused();
    expect(output).toContain(`start: ${moved.new} ended with exit code 3`);
    expect(output).toContain("| no /ran with ***");
    expect(output).toContain(`now: ${moved.old} is running, there is no container ${moved.new}`);
    expect(output).not.toContain("hunter2");
    await moved.expectBack("unless-stopped");

    moved.declare('layer: "commit"');
    const commit = await moved.stack.preview();
    expect(commit.output).toContain(
        `keep the layer of ${moved.old} as an image, and create ${moved.new} from it`,
    );
    await moved.up();
    expect(await moved.status(moved.new)).toBe("running");
    expect(await moved.report()).toMatchObject({
        layer: { kept: "commit", changed: 1, paths: ["/ran"] },
    });
    await moved.rests();
});

it.concurrent.for(["stop", "last-pass", "start", "settle"])(
    "comes to its end when its runner is killed in step %s",
    async (step, test) => {
        const moved = await MovedContainer.begin(test);
        await moved.run(writer, "--restart", "always");
        const runner = await moved.runner();
        const frozen = runner.freezeAt(startOf(step));
        moved.declare();
        const up = moved.up();
        await frozen;
        runner.signal("SIGKILL");
        await up;
        expect(await moved.status(moved.new)).toBe("running");
        expect(await moved.restartPolicy(moved.new)).toBe("always");
        expect(await moved.status(moved.old)).toBe("exited");
        expect(await moved.restartPolicy(moved.old)).toBe("no");
        const report = await moved.report();
        expect(report.volumes.map(({ proof }) => proof?.equal)).toEqual([true]);
        const log = await moved.shell(await moved.movedVolume(), "cat log");
        expect(log).toBe("begun\nended\nbegun");
    },
);
