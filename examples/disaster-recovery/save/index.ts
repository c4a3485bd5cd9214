import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
const container = config.get("container") ?? "orders";
const folder = config.get("folder") ?? "/srv/backups";

const orders = new cutover.VolumeArchive("orders", {
    // All of its volumes, in one archive.
    container: { docker: { name: container } },
    archive: { path: `${folder}/orders-{time}.tar.zst.age` },
    // Whoever has one of the private keys can restore; this machine cannot.
    recipients: [config.require("recipient")],
    // It stands still while it is read, and runs again before the archive is verified.
    quiesce: { containers: [container], how: "stop" },
    // Another hour, another archive: an `up` in the same hour changes nothing.
    rerun: config.get("hour") ?? new Date().toISOString().slice(0, 13),
});

export const archive = orders.path;
export const report = orders.report;
