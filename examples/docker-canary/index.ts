import * as pulumi from "@pulumi/pulumi";
import * as cutover from "pulumi-cutover";

const config = new pulumi.Config();
// Green's share of the requests. There is no state, so any split will do.
const green = config.getNumber("green") ?? 0;

const page = new cutover.BlueGreenEnvironment("page", {
    platform: "docker",
    slots: {
        blue: { containers: { web: { image: "page:1" } } },
        green: { containers: { web: { image: "page:2" } } },
    },
    traffic: {
        listen: config.get("listen") ?? "127.0.0.1:8080",
        to: { container: "web", port: 8080 },
        weights: { blue: 100 - green, green },
    },
});

export const url = page.endpoint;
export const weights = page.weights;
