import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
const writer = config.get("writer") ?? "orders";

const orders = new cutover.VolumeMigration("orders", {
    source: { docker: { volume: config.get("source") ?? "orders-v1" } },
    destination: { docker: { volume: config.get("destination") ?? "orders-v2" } },
    // Redis writes until the last pass. Then it is stopped, and stays so.
    quiesce: { containers: [writer], how: "stop" },
});

// It mounts the migration's output: it starts when the copy is proven, and not otherwise.
new docker.Container("orders", {
    name: `${writer}-2`,
    image: "orders:1",
    mounts: [{ type: "volume", source: orders.volume, target: "/data" }],
    restart: "unless-stopped",
});

export const volume = orders.volume;
export const report = orders.report;
