import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { imageTags } from "../../provider/runner/image.js";
import { processesOf, processTree, signalAll } from "./runner-process.js";
import { serviceImage } from "./service.js";
import { unique } from "./stack.js";

const run = promisify(execFile);

interface ExtraSettings {
    /** Options of its daemon. @default none */
    options?: string[];
    /** A folder that comes first on its daemon's PATH. @default none */
    path?: string;
    /** Images that it has beside our own. @default the tests' service */
    images?: string[];
    /**
     * Lets it be as on a machine of its own: what it mounts as /var/run/docker.sock is its own socket, as for an engine
     * that is reached by ssh or tcp. @default false
     */
    ownSocket?: boolean;
}

/**
 * A Docker engine of a test's own, that may be killed and whose disk may be full: in a network namespace, since two in
 * one would undo each other's rules, and on a small disk of its own.
 */
export class SecondEngine {
    private readonly folder = mkdtempSync(join(tmpdir(), "cutover-engine-"));
    private readonly network = unique("t-net-");
    /** The images that it has: others cannot be built there. */
    readonly images = imageTags(resolve("dist", "runner"));
    private daemon: ChildProcess | undefined;

    private constructor(private readonly extra: ExtraSettings) {}

    /** It has the images of the runner and the router, and those that are asked for, when it resolves. */
    static async start(megabytes = 2_500, extra: ExtraSettings = {}): Promise<SecondEngine> {
        const engine = new SecondEngine(extra);
        try {
            if (extra.ownSocket) await engine.makeCertificates();
            const disk = join(engine.folder, "disk");
            mkdirSync(engine.mount);
            await run("truncate", ["--size", `${megabytes}M`, disk]);
            await run("mkfs.ext4", ["-q", "-F", disk]);
            await run("mount", ["-o", "loop", disk, engine.mount]);
            await run("ip", ["netns", "add", engine.network]);
            await engine.inNetwork("ip", "link", "set", "lo", "up");
            await engine.startDaemon();
            await engine.loadImages();
            return engine;
        } catch (error) {
            await engine.remove();
            throw error;
        }
    }

    /** As on a machine of its own, with its own socket at /var/run/docker.sock. */
    static async startAsHost(megabytes?: number): Promise<SecondEngine> {
        const engine = await SecondEngine.start(megabytes, { ownSocket: true });
        const enter = ["-t", String(engine.daemon?.pid), "--mount"];
        const socket = engine.host.slice("unix://".length);
        await run("nsenter", [...enter, "mount", "--bind", socket, "/var/run/docker.sock"]);
        return engine;
    }

    /** As DOCKER_HOST has it. */
    get host(): string {
        return `unix://${this.folder}/docker.sock`;
    }

    private get mount(): string {
        return join(this.folder, "mount");
    }

    /**
     * A cable to this machine, as between two hosts: each reaches the other's published ports.
     * @returns the address of this engine's machine
     */
    async connect(): Promise<string> {
        const { net } = this;
        const [here, there] = [`v${this.network.slice(-10)}a`, `v${this.network.slice(-10)}b`];
        await run("ip", ["link", "add", here, "type", "veth", "peer", "name", there]);
        await run("ip", ["link", "set", there, "netns", this.network]);
        await run("ip", ["addr", "add", `${net}.1/24`, "dev", here]);
        await run("ip", ["link", "set", here, "up"]);
        await this.inNetwork("ip", "addr", "add", `${net}.2/24`, "dev", there);
        await this.inNetwork("ip", "link", "set", there, "up");
        await this.inNetwork("ip", "route", "add", "default", "via", `${net}.1`);
        this.cable = here;
        return `${net}.2`;
    }

    /** What a Docker CLI needs in its environment to reach it by `tcp`. */
    get tcp(): { host: string; environment: Record<string, string> } {
        const environment = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: join(this.folder, "tls") };
        return { host: `tcp://${this.net}.2:2376`, environment };
    }

    /** One authority for this engine and its clients. */
    private async makeCertificates(): Promise<void> {
        const folder = join(this.folder, "tls");
        mkdirSync(folder);
        const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
        const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        await openssl(
            ...["req", "-x509", ...key, "-subj", "/CN=ca", "-days", "2"],
            ...["-keyout", "ca-key.pem", "-out", "ca.pem"],
        );
        for (const [name, file] of [
            ["server", "server"],
            ["client", ""],
        ] as const) {
            const [keyFile, cert] = file
                ? [`${file}-key.pem`, `${file}.pem`]
                : ["key.pem", "cert.pem"];
            await openssl(
                ...[
                    "req",
                    ...key,
                    "-subj",
                    `/CN=${name}`,
                    "-keyout",
                    keyFile,
                    "-out",
                    "request.pem",
                ],
                ...["-addext", `subjectAltName=IP:${this.net}.2`],
            );
            await openssl(
                ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem"],
                ...["-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", cert],
            );
        }
    }

    private readonly net =
        `10.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 250)}`;

    /** The end of the cable on this machine, for `tc` and for cutting it. */
    cable = "";

    /** Where a volume's data lie. */
    async folderOf(volume: string): Promise<string> {
        const format = ["volume", "inspect", "--format", "{{.Mountpoint}}", volume];
        return (await run("docker", ["--host", this.host, ...format])).stdout.trim();
    }

    /** Like an init system: one that does not come up (its containerd takes too long) is started again. */
    async startDaemon(): Promise<void> {
        for (const end = Date.now() + 180_000; Date.now() < end; ) {
            if (!this.runs()) this.spawnDaemon();
            await new Promise((done) => setTimeout(done, 200));
            if (await this.answers()) return;
        }
        throw new Error(`the engine did not start:\n${this.lastWords()}`);
    }

    private spawnDaemon(): void {
        const log = openSync(join(this.folder, "log"), "a");
        const tls = (name: string) => join(this.folder, "tls", name);
        const options = [
            ...(this.extra.ownSocket
                ? [
                      ["--host", "tcp://0.0.0.0:2376", "--tlsverify"],
                      ["--tlscacert", tls("ca.pem"), "--tlscert", tls("server.pem")],
                      ["--tlskey", tls("server-key.pem")],
                  ]
                : []),
            ["--host", this.host],
            ["--data-root", join(this.mount, "docker")],
            ["--exec-root", join(this.folder, "exec")],
            ["--pidfile", join(this.folder, "pid")],
        ].flat();
        const network = `--net=/run/netns/${this.network}`;
        const { options: more = [], path, ownSocket } = this.extra;
        const own = ["unshare", "--mount", "--propagation", "private"];
        const argv = [network, ...(ownSocket ? own : []), "dockerd", ...options, ...more];
        this.daemon = spawn("nsenter", argv, {
            stdio: ["ignore", log, log],
            ...(path ? { env: { ...process.env, PATH: `${path}:${process.env.PATH}` } } : {}),
        });
    }

    private runs(): boolean {
        return this.daemon?.exitCode === null && this.daemon.signalCode === null;
    }

    /** Ends the daemon, well or at once, and starts another one. */
    async restart(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
        await this.end(signal);
        await this.startDaemon();
    }

    /** Leaves no byte free on its disk; resolves with what gives the room back. */
    async fillDisk(): Promise<() => void> {
        const filler = join(this.mount, "filler");
        await run("dd", ["if=/dev/zero", `of=${filler}`, "bs=1M"]).catch(() => undefined);
        await run("dd", ["if=/dev/zero", `of=${filler}-2`, "bs=4k"]).catch(() => undefined);
        return () => {
            rmSync(filler, { force: true });
            rmSync(`${filler}-2`, { force: true });
        };
    }

    async remove(): Promise<void> {
        await this.end("SIGTERM");
        // Of a daemon that did not come up again, containers and what watches them go on.
        signalAll(processesOf(this.folder).flatMap(processTree), "SIGKILL");
        for (const path of this.mounted()) await run("umount", [path]).catch(() => undefined);
        if (this.cable) await run("ip", ["link", "del", this.cable]).catch(() => undefined);
        await run("ip", ["netns", "del", this.network]).catch(() => undefined);
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** What is mounted in its folder, the innermost first. */
    private mounted(): string[] {
        const paths = readFileSync("/proc/mounts", "utf8")
            .split("\n")
            .map((line) => line.split(" ")[1] ?? "");
        return paths.filter((path) => path.startsWith(this.folder)).reverse();
    }

    private async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
        const daemon = this.daemon;
        if (!daemon || !this.runs()) return;
        const gone = new Promise((done) => daemon.once("exit", done));
        daemon.kill(signal);
        await gone;
    }

    private inNetwork(...argv: string[]): Promise<unknown> {
        return run("nsenter", [`--net=/run/netns/${this.network}`, ...argv]);
    }

    private answers(): Promise<boolean> {
        return run("docker", ["--host", this.host, "version"]).then(
            () => true,
            () => false,
        );
    }

    private async loadImages(): Promise<void> {
        const built = resolve("dist", "runner");
        const tags = this.images;
        for (const target of ["router", "runner"] as const) {
            const tag = tags[target];
            const there = await run("docker", ["image", "inspect", tag]).catch(() => undefined);
            if (!there) await run("docker", ["build", "-q", "--target", target, "-t", tag, built]);
        }
        const { images = [serviceImage()] } = this.extra;
        const all = [tags.router, tags.runner, ...images].join(" ");
        const command = `docker save ${all} | docker --host ${this.host} load`;
        execFileSync("sh", ["-c", command], { stdio: "ignore" });
    }

    private lastWords(): string {
        return readFileSync(join(this.folder, "log"), "utf8").split("\n").slice(-10).join("\n");
    }
}
