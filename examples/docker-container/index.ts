import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
const name = config.get("container") ?? "orders";

const orders = new cutover.ContainerMigration("orders", {
    // It goes on until the last pass. Then it is stopped, and stays so.
    container: { docker: { name } },
    to: { name: `${name}-2` },
    // From its stop until the new one is healthy nothing answers.
    grace: "20 seconds",
});

export const container = orders.name;
export const volumes = orders.volumes;
export const report = orders.report;
