import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RouterSettings } from "../../provider/traffic/haproxy/configuration.js";
import { controlFiles, controlNames } from "../../provider/traffic/haproxy/control-files.js";
import {
    HaproxyRouter,
    type HaproxyRouterOptions,
} from "../../provider/traffic/haproxy/haproxy-router.js";
import { socketTransport } from "../../provider/traffic/haproxy/transport.js";
import { freePort } from "../free-port.js";
import type { SlotServer } from "./slot-server.js";

const run = promisify(execFile);

export const docker = async (...argv: string[]): Promise<string> =>
    (await run("docker", argv, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();

/** Debian's releases whose HAProxy the router is tried with: 2.6 and 3.0. */
export const releases = ["bookworm", "trixie"] as const;
export type Release = (typeof releases)[number];

/** The router's image as the package builds it; for bookworm with only the base changed. */
export async function routerImage(release: Release): Promise<string> {
    // Tests and benches run at the root of the tree.
    const dockerfile = readFileSync("provider/runner/Dockerfile", "utf8").replaceAll(
        "debian:trixie-slim",
        `debian:${release}-slim`,
    );
    const tag = `cutover-test-router:${release}`;
    const building = run("docker", ["build", "--quiet", "--target", "router", "--tag", tag, "-"]);
    building.child.stdin?.end(dockerfile);
    await building;
    return tag;
}

/** A real HAProxy in a container on the host's network, where it listens on 127.0.0.1 only. */
export class RouterUnderTest {
    readonly folder = mkdtempSync(join(tmpdir(), "cutover-router-"));
    readonly name = `cutover-test-router-${randomBytes(4).toString("hex")}`;
    readonly router: HaproxyRouter;
    port = 0;
    statusPort = 0;

    constructor(private readonly image: string) {
        this.router = this.another();
    }

    /** As a second process on the same files would have it. */
    another(options: Partial<HaproxyRouterOptions> = {}): HaproxyRouter {
        const transport = socketTransport(join(this.folder, controlNames.socket));
        return new HaproxyRouter({ folder: this.folder, transport, ...options });
    }

    async start(slots: SlotServer[], more: Partial<RouterSettings> = {}): Promise<void> {
        this.port = await freePort();
        this.statusPort = await freePort();
        const settings: RouterSettings = {
            listen: { address: "127.0.0.1", port: this.port },
            status: { address: "127.0.0.1", port: this.statusPort },
            slots: Object.fromEntries(
                slots.map(({ name, port }) => [name, { host: "127.0.0.1", port }]),
            ),
            weights: { blue: 100, green: 0 },
            failover: false,
            ...more,
        };
        for (const [name, text] of Object.entries(controlFiles(settings))) {
            writeFileSync(join(this.folder, name), text);
        }
        await this.run("--network", "host");
    }

    /** In a network of Docker's, where it finds the slots by name; its port is published on 127.0.0.1. */
    async startIn(
        networks: [string, ...string[]],
        slots: RouterSettings["slots"],
        more: Partial<RouterSettings> = {},
    ): Promise<void> {
        this.port = await freePort();
        const settings: RouterSettings = {
            listen: { port: 8080 },
            status: { port: 8404 },
            slots,
            weights: { blue: 100, green: 0 },
            failover: false,
            ...more,
        };
        for (const [name, text] of Object.entries(controlFiles(settings))) {
            writeFileSync(join(this.folder, name), text);
        }
        const [first, ...others] = networks;
        await this.run("--network", first, "--publish", `127.0.0.1:${this.port}:8080`);
        for (const network of others) await docker("network", "connect", network, this.name);
    }

    private async run(...where: string[]): Promise<void> {
        const mounts = ["--volume", `${this.folder}:/cutover`];
        const limits = ["--cap-drop", "ALL", "--read-only"];
        const options = ["--detach", "--name", this.name, ...where];
        await docker("run", ...options, ...limits, ...mounts, this.image);
        await this.router.ready(10_000);
    }

    /** `kill -9` of HAProxy. */
    async kill(): Promise<void> {
        await docker("kill", "--signal", "KILL", this.name);
        await docker("wait", this.name);
    }

    async startAgain(): Promise<void> {
        await docker("start", this.name);
        await this.router.ready(10_000);
    }

    async remove(): Promise<void> {
        await docker("rm", "--force", "--volumes", this.name).catch(() => {});
        rmSync(this.folder, { recursive: true, force: true });
    }
}
