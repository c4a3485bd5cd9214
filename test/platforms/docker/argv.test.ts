import { expect, test } from "vitest";
import { createOptions, docker, labelFilters } from "../../../provider/platforms/docker/argv.js";

test("the target comes first, and is left out where there is none", () => {
    expect(docker({}, "ps")).toEqual(["docker", "ps"]);
    expect(docker({ host: "ssh://deploy@shop-1" }, "ps")).toEqual([
        "docker",
        "--host",
        "ssh://deploy@shop-1",
        "ps",
    ]);
});

test("a container is created with its rights taken away, and its volumes are not filled", () => {
    expect(
        createOptions({
            name: "p-s-shop-runner",
            image: "runner:1",
            command: ["mover", '{"a b":1}'],
            labels: { "cutover.role": "runner" },
            capabilities: ["CHOWN"],
            readOnlyRoot: true,
            network: "none",
            restart: "on-failure",
            volumes: [{ volume: "data", path: "/source", readOnly: true }],
        }),
    ).toEqual([
        ...["--name", "p-s-shop-runner", "--restart", "on-failure", "--network", "none"],
        ...["--cap-drop", "ALL", "--cap-add", "CHOWN", "--security-opt", "no-new-privileges"],
        ...["--read-only", "--tmpfs", "/tmp", "--label", "cutover.role=runner"],
        ...["--mount", "type=volume,source=data,target=/source,readonly,volume-nocopy"],
        ...["runner:1", "mover", '{"a b":1}'],
    ]);
});

test("only who asks for it has a new volume filled from the image", () => {
    const options = createOptions({
        image: "a",
        volumes: [{ volume: "data", path: "/data" }],
        fillVolumes: true,
    });
    expect(options).toContain("type=volume,source=data,target=/data");
});

test("ports are published on an address, of either kind", () => {
    const publish = [
        { address: "127.0.0.1", port: 8080, to: 80 },
        { address: "::1", port: 8080, to: 80 },
    ];
    expect(createOptions({ image: "a", publish })).toEqual([
        "--publish",
        "127.0.0.1:8080:80",
        "--publish",
        "[::1]:8080:80",
        "a",
    ]);
});

test("label filters", () => {
    expect(labelFilters({ a: "1", b: "2" })).toEqual([
        "--filter",
        "label=a=1",
        "--filter",
        "label=b=2",
    ]);
});
