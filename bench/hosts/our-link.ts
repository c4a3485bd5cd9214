import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import type { Peer } from "../../provider/engine/handover/job.js";
import { silentReporter } from "../../provider/engine/progress.js";
import { keysPath, linkPath, linkPort } from "../../provider/platforms/docker/names.js";
import { execaRunner } from "../../provider/platforms/execa.js";
import { imageTags } from "../../provider/runner/image.js";
import { makeIdentity } from "../../provider/runner/link/secure.js";
import { dialSocket } from "../../provider/runner/link/streams.js";
import { LocalMover } from "../../provider/volumes/local-mover.js";
import { openRemoteSource } from "../../provider/volumes/remote/remote-source.js";
import { connectTo } from "../../provider/volumes/remote/tool-client.js";
import { run } from "./attached.js";
import type { HostName, TwoHosts } from "./two-hosts.js";

const built = resolve("dist", "runner");
/** On one host both ends listen. */
const ports = { source: linkPort + 1, destination: linkPort };

/**
 * Our way between two hosts, as in production: the mover's connections go through a socket to the destination's end of the
 * link, encrypted to the source's end, and by another socket to the tools that read the source. Each is a process in a
 * container of the runner's image; the mover alone is in this process.
 */
export class OurLink {
    private constructor(private readonly hosts: TwoHosts) {}

    static async start(hosts: TwoHosts): Promise<OurLink> {
        const link = new OurLink(hosts);
        const image = await runnerImage();
        const script = await buildLinkEnd(hosts.base);
        const [toSource, toDestination] = [
            await link.peer("source"),
            await link.peer("destination"),
        ];
        await link.startTools(image);
        await link.startEnd("source", toDestination, { image, script });
        await link.startEnd("destination", toSource, { image, script });
        return link;
    }

    /** A mover into a folder of this machine. */
    async openMover(destination: string): Promise<LocalMover> {
        const socket = join(this.sockets("destination"), "tools.sock");
        const { signal } = new AbortController();
        const shell = `node ${join(built, "bundle.cjs")} connect ${socket}`;
        const remote = await openRemoteSource(connectTo(socket), shell, signal);
        const options = { source: "/source", destination, reporter: silentReporter, signal };
        return new LocalMover(options, execaRunner, remote);
    }

    private sockets(host: HostName): string {
        return join(this.hosts.base, `link-${host}`);
    }

    private keys(host: HostName): string {
        return join(this.hosts.base, `keys-${host}`);
    }

    /** Makes a host's key, and tells by what the other one knows it. */
    private async peer(host: HostName): Promise<Peer> {
        for (const folder of [this.sockets(host), this.keys(host)]) mkdirSync(folder);
        const certificate = await makeIdentity(this.keys(host));
        return { addresses: [this.hosts.address(host)], port: ports[host], certificate, host };
    }

    private async startTools(image: string): Promise<void> {
        const bundle = "/usr/lib/pulumi-cutover/bundle.cjs";
        // The tools do not look at their standard input, by which these containers end.
        const script = `node ${bundle} tools "$0" "$1" & echo ready; exec cat >/dev/null`;
        await this.hosts.startBeside(
            ...([undefined, "tools", "--read-only", "--cap-drop", "ALL"] as const),
            ...["DAC_READ_SEARCH", "FOWNER", "SYS_ADMIN"].map((name) => `--cap-add=${name}`),
            ...mount(this.hosts.folder("source"), "/source", "readonly"),
            ...mount(this.sockets("source"), linkPath),
            ...["--entrypoint", "sh", image, "-c", script],
            ...[`${linkPath}/tools.sock`, JSON.stringify({ root: "/source" })],
        );
        await answers(join(this.sockets("source"), "tools.sock"));
    }

    private async startEnd(
        host: HostName,
        peer: Peer,
        { image, script }: { image: string; script: string },
    ): Promise<void> {
        await this.hosts.startBeside(
            ...([host, `link-${host}`, "--read-only", "--cap-drop", "ALL"] as const),
            ...mount(script, "/link-end.cjs", "readonly"),
            ...mount(this.sockets(host), linkPath),
            ...mount(this.keys(host), keysPath, "readonly"),
            ...["--entrypoint", "node", image, "/link-end.cjs"],
            ...[host, JSON.stringify(peer), String(ports[host])],
        );
    }
}

function mount(source: string, target: string, ...how: string[]): string[] {
    return ["--mount", [`type=bind,source=${source},target=${target}`, ...how].join(",")];
}

async function answers(socket: string): Promise<void> {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
        const open = await dialSocket(socket).catch(() => undefined);
        open?.destroy();
        if (open) return;
    }
    throw new Error("the source's tools did not start");
}

async function runnerImage(): Promise<string> {
    const tag = imageTags(built).runner;
    const there = await run("docker", "image", "inspect", tag).catch(() => undefined);
    if (!there) await run("docker", "build", "--quiet", "--target", "runner", "--tag", tag, built);
    return tag;
}

/** Whole, since the image has no packages of npm. */
async function buildLinkEnd(folder: string): Promise<string> {
    const outfile = join(folder, "link-end.cjs");
    await build({
        entryPoints: [resolve("bench", "hosts", "link-end.ts")],
        outfile,
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        define: { "import.meta.url": "__bundleUrl" },
        banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
        logLevel: "error",
    });
    return outfile;
}
