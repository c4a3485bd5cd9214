import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
const green = config.getNumber("green") ?? 0;

const files = new cutover.BlueGreenEnvironment("files", {
    platform: "docker",
    // What runs today: stopped when blue takes over, started again if that fails, never removed.
    adopt: { container: config.get("container") ?? "files", maxGap: "20 seconds" },
    slots: {
        blue: { containers: { web: { image: "files:1" } } },
        green: { containers: { web: { image: "files:2" } } },
    },
    volumes: {
        data: {
            mounts: { web: "/srv/files" },
            seed: { docker: { volume: config.get("volume") ?? "files" } },
        },
    },
    traffic: {
        listen: config.get("listen") ?? "127.0.0.1:8081",
        to: { container: "web", port: 8080 },
        weights: { blue: 100 - green, green },
    },
    handover: { onRollback: "reverseSync" },
});

export const url = files.endpoint;
export const weights = files.weights;
export const report = files.report;
