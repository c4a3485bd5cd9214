import { expect, it } from "vitest";
import { freePort } from "../free-port.js";
import { image, MovedContainer } from "./moved-container.js";

it("names in preview all that keeps a container from moving, and touches nothing", async (test) => {
    const moved = await MovedContainer.begin(test);
    const { old } = moved;
    const port = await freePort();
    moved.declare();
    expect((await moved.stack.preview()).output).toContain(
        `container.docker.name: there is no container ${old}; check its name and its engine`,
    );

    const folder = "/tmp";
    const data = ["--volume", `${moved.data}:/data`, "--volume", `${folder}:/host-tmp`];
    const env = ["--env", "PASSWORD=hunter2-refused", "--publish", `127.0.0.1:${port}:80`];
    await moved.docker("create", "--name", old, ...data, ...env, "--tty", image, "sleep", "600");
    const holder = moved.name("holder");
    const publish = ["--publish", `127.0.0.1:${port}:80`, "--volume", `${moved.data}:/data`];
    await moved.docker("run", "--detach", "--name", holder, ...publish, image, "sleep", "600");
    await moved.docker("create", "--name", moved.new, image);
    moved.declare('memory: "checkpoint", volumes: ["nothing"],');
    const preview = await moved.stack.preview();
    expect(preview.exitCode).not.toBe(0);
    for (const problem of [
        `container.docker.name: ${old} is created, not running; start it, or name one that runs`,
        `to.name: there is a container ${moved.new} already; write another name, or remove that container`,
        `volumes[0]: ${old} mounts no volume nothing; write some of ${moved.data}`,
        `binds: says nothing of ${folder}, which ${old} writes to at /host-tmp; write {"${folder}":"${folder}"} to mount the same folder, or another one; its content is not copied`,
        `to: port ${port} is in use by ${holder}; stop ${holder}`,
        `memory: ${old} has a terminal (-t), which CRIU does not carry; write memory: "none"`,
        'memory: the engine does not have "experimental" set; set "experimental": true in its daemon.json and restart it, or write memory: "none"',
    ]) {
        expect(preview.output).toContain(problem);
    }
    expect(preview.output).not.toContain("hunter2");
    const made = await moved.docker("volume", "ls", "--quiet", "--filter", `name=${moved.prefix}`);
    expect(made).toBe("");
});

it("leaves behind what is not named, says so, and takes folders as they are declared", async (test) => {
    const moved = await MovedContainer.begin(test);
    const [cache, read] = [moved.name("cache"), moved.name("read")];
    await moved.run(
        "echo data > /data/file; echo cache > /cache/file; exec sleep 600",
        ...["--volume", `${cache}:/cache`, "--volume", `${read}:/read:ro`, "--volume", "/tmp:/t"],
    );
    moved.declare(`volumes: ["${moved.data}"], binds: { "/tmp": "/var/tmp" }, grace: "0 seconds"`);
    const preview = await moved.stack.preview();
    const fresh = `${moved.prefix}-${cache}`;
    expect(preview.output).toContain(
        `volume ${cache} stays behind: ${moved.new} begins with a new one, ${fresh}`,
    );
    expect(preview.output).toMatch(
        /expected gap: (.* for the last pass and its proof|not measured), and/,
    );
    await moved.up();
    const mounts = await moved.inspect<
        { Name?: string; Source: string; Destination: string; RW: boolean }[]
    >(moved.new, ".Mounts");
    const at = (path: string) => mounts.find(({ Destination }) => Destination === path);
    expect(at("/t")).toMatchObject({ Source: "/var/tmp", RW: true });
    expect(at("/read")).toMatchObject({ Name: read, RW: false });
    expect(at("/cache")).toMatchObject({ Name: fresh });
    expect(await moved.shell(await moved.movedVolume(), "cat file")).toBe("data");
    const { killed, report } = { killed: [moved.old], report: await moved.report() };
    expect(report.killed).toEqual(killed);
    expect((await moved.stack.outputs()).volumes).toEqual({
        [moved.data]: `${moved.prefix}-${moved.data}`,
    });
    await moved.rests();
});
