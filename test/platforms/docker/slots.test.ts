import { expect, test } from "vitest";
import { DockerEngine } from "../../../provider/platforms/docker/engine.js";
import { DockerSlots } from "../../../provider/platforms/docker/slots.js";

const web = {
    Id: "abc",
    Name: "/shop-green-web",
    Image: "sha256:1",
    Config: { Image: "shop:2", Labels: null },
    State: { Status: "running", StartedAt: "", FinishedAt: "", ExitCode: 0 },
    RestartCount: 0,
    HostConfig: { RestartPolicy: { Name: "" }, PortBindings: {} },
    Mounts: [],
    NetworkSettings: { Networks: { "shop-green": { IPAddress: "172.18.0.2" } } },
};

/** Slots whose router's `curl` ends like this. */
function slotsWhere(exitCode: number, stdout: string): DockerSlots {
    const engine = new DockerEngine({
        async run({ argv }) {
            if (argv[1] === "exec") return { exitCode, stdout, stderr: "" };
            return { exitCode: 0, stdout: JSON.stringify([web]), stderr: "" };
        },
        start() {
            throw new Error("nothing is followed here");
        },
    });
    return new DockerSlots(engine, {
        id: "job",
        prefix: "shop",
        image: "runner",
        labels: {},
        slots: {
            green: {
                network: "shop-green",
                containers: { web: { id: "abc", background: false } },
                digest: "",
                release: "",
            },
        },
        router: {
            container: "shop-router",
            image: "haproxy",
            control: "shop-control",
            to: { container: "web", port: 3000 },
            networks: [],
            sticky: false,
        },
    });
}

test.each([
    [0, "200", { status: 200 }],
    [0, "503", { status: 503 }],
    [0, "", { problem: "no answer from port 3000: the look was cut off" }],
    [7, "000", { problem: "no answer from port 3000: connection refused" }],
    [28, "000", { problem: "no answer from port 3000: none in time" }],
    [52, "000", { problem: "no answer from port 3000: closed without one" }],
    [56, "000", { problem: "no answer from port 3000: connection reset" }],
    [137, "", { problem: "no answer from port 3000: curl exit code 137" }],
])("a look at a slot that ends with exit code %i and %j", async (exitCode, stdout, answer) => {
    expect(await slotsWhere(exitCode, stdout).probe("green", "/healthz", 1_000)).toEqual(answer);
});
