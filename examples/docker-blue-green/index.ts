import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
// Green's share of the traffic. The calendars are in a volume, so it is 0 or 100.
const green = config.getNumber("green") ?? 0;

const calendar = new cutover.BlueGreenEnvironment("calendar", {
    platform: "docker",
    slots: {
        blue: { containers: { radicale: { image: "calendar:3.1.8" } } },
        green: { containers: { radicale: { image: "calendar:3.5.3" } } },
    },
    volumes: { calendars: { mounts: { radicale: "/var/lib/calendar" } } },
    traffic: {
        listen: config.get("listen") ?? "127.0.0.1:5232",
        to: { container: "radicale", port: 5232 },
        weights: { blue: 100 - green, green },
    },
    health: { path: "/.web/" },
    // Both versions read each other's files: on the way back, what green wrote comes along.
    handover: { onRollback: "reverseSync" },
});

export const url = calendar.endpoint;
export const weights = calendar.weights;
export const active = calendar.active;
export const volumes = calendar.volumes;
export const report = calendar.report;
