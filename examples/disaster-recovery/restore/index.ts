import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();

const orders = new cutover.VolumeMigration("orders", {
    source: {
        archive: {
            path: config.require("archive"),
            identity: config.requireSecret("identity"),
        },
    },
    destination: { docker: { volume: "orders" } },
});

// It mounts the migration's output: it starts when what was restored is proven, and not otherwise.
new docker.Container("orders", {
    name: "orders",
    image: "orders:1",
    mounts: [{ type: "volume", source: orders.volume, target: "/data" }],
    restart: "unless-stopped",
});

export const volume = orders.volume;
export const report = orders.report;
