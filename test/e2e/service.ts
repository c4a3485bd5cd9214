import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "service");

/** The tests' own service, built once: its tag is its content. */
export function serviceImage(): string {
    const content = ["Dockerfile", "server.js"].map((name) => readFileSync(join(folder, name)));
    const tag = `cutover-test-service:${createHash("sha256").update(Buffer.concat(content)).digest("hex").slice(0, 12)}`;
    try {
        execFileSync("docker", ["image", "inspect", tag], { stdio: "ignore" });
    } catch {
        execFileSync("docker", ["build", "--quiet", "--tag", tag, folder], {
            stdio: ["ignore", "ignore", "pipe"],
        });
    }
    return tag;
}

export interface ServiceProgram {
    port: number;
    weights: { blue: number; green: number };
    /** Environment of each slot's service, beside SLOT, VERSION and DATA. */
    blue?: Record<string, string>;
    green?: Record<string, string>;
    image?: { blue?: string; green?: string };
    /** Text of the `volumes` property; a handover volume at /data by default. */
    volumes?: string;
    /** Text of the `health` property; the path alone by default. */
    health?: string;
    /** Text of further properties of the environment. */
    more?: string;
    /** Leaves a slot out. */
    without?: "blue" | "green";
}

/** A program with one environment, `shop`, of the tests' service. */
export function serviceProgram(of: ServiceProgram): string {
    const slots = (["blue", "green"] as const).filter((slot) => slot !== of.without);
    return `
import * as cutover from "pulumi-cutover";
const shop = new cutover.BlueGreenEnvironment("shop", {
    platform: "docker",
    slots: { ${slots.map((slot) => `${slot}: ${slotText(slot, of)}`).join(", ")} },
    volumes: ${of.volumes ?? `{ data: { mounts: { web: "/data" } } }`},
    traffic: { listen: "127.0.0.1:${of.port}", to: { container: "web", port: 3000 }, weights: ${JSON.stringify(of.weights)} },
    health: ${of.health ?? `{ path: "/healthz" }`},
    ${of.more ?? `handover: { onRollback: "reverseSync" },`}
});
export const url = shop.endpoint;
export const weights = shop.weights;
export const active = shop.active;
export const volumes = shop.volumes;
export const report = shop.report;
`;
}

function slotText(slot: "blue" | "green", of: ServiceProgram): string {
    const env = { SLOT: slot, VERSION: slot === "blue" ? "1" : "2", DATA: "/data", ...of[slot] };
    const envs = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    const image = of.image?.[slot] ?? serviceImage();
    return `{ containers: { web: ${JSON.stringify({ image, envs })} } }`;
}
